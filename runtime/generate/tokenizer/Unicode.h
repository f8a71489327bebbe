//===- Unicode.h - Classes and forms of characters ------------ -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_UNICODE_H
#define RUNTIME_GENERATE_TOKENIZER_UNICODE_H

#include <string>
#include <string_view>

namespace weft {

/// The classes of characters that Hugging Face's tokenizers use, with the
/// tables of utf8proc.
bool isWhiteSpace(char32_t character);  // property White_Space
bool isPunctuation(char32_t character); // P* and ASCII's
bool isNumeric(char32_t character);     // N*
bool isWord(char32_t character);        // \w of Unicode's technical standard 18
bool isMark(char32_t character);        // M*
bool isNonspacingMark(char32_t character);
bool isOther(char32_t character); // Cc, Cf, Co
bool isChinese(char32_t character);

char32_t toLower(char32_t character);

enum class NormalForm { NFC, NFD, NFKC, NFKD };

/// `text` is UTF-8.
std::string normalized(std::string_view text, NormalForm form);

/// Whether extended grapheme clusters end between two characters. `state` is 0
/// at the start of a text and carried from pair to pair.
bool isGraphemeBreak(char32_t left, char32_t right, int &state);

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_UNICODE_H
