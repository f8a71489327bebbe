//===- ByteAlphabet.h - GPT-2's alphabet for bytes ------------ -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_BYTEALPHABET_H
#define RUNTIME_GENERATE_TOKENIZER_BYTEALPHABET_H

#include "runtime/generate/tokenizer/Utf8.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

/// GPT-2's alphabet: a printable character for each byte. Those of Latin-1
/// stand for themselves; the others are, in order, U+0100, U+0101, ... ("Ġ" for
/// ' '). https://github.com/openai/gpt-2/blob/master/src/encoder.py
class ByteAlphabet {
public:
  ByteAlphabet() {
    char32_t extra = 0x100;
    for (uint32_t byte = 0; byte != 256; ++byte) {
      bool printable = (byte > 0x20 && byte < 0x7f) ||
                       (byte > 0xa0 && byte < 0x100 && byte != 0xad);
      characters[byte] = printable ? byte : extra++;
      bytes[characters[byte]] = static_cast<uint8_t>(byte);
    }
  }

  /// The bytes that `text`, valid UTF-8, stands for; none where a character is
  /// not of the alphabet.
  std::optional<std::string> decode(std::string_view text) const {
    std::string decoded;
    for (size_t i = 0; i < text.size(); i += utf8Length(text[i])) {
      char32_t character = firstCharacter(text.substr(i));
      if (character >= bytes.size() || !bytes[character])
        return std::nullopt;
      decoded += static_cast<char>(*bytes[character]);
    }
    return decoded;
  }

private:
  std::array<char32_t, 256> characters;
  std::array<std::optional<uint8_t>, 0x144> bytes;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_BYTEALPHABET_H
