//===- Unicode.h - UTF-8 as Python sees it: characters ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TEMPLATE_UNICODE_H
#define RUNTIME_GENERATE_TEMPLATE_UNICODE_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft::jinja {

/// The characters of a text, each with its bytes. A byte that is part of no
/// UTF-8 sequence counts as one.
std::vector<std::string_view> charactersOf(std::string_view text);
size_t characterCount(std::string_view text);

/// What Python's str.isspace() calls white space.
bool isSpace(std::string_view character);

/// Python's str.strip(), lstrip() and rstrip(), which take white space or any
/// of the characters of `characters`.
std::string_view stripLeft(std::string_view text,
                           const std::string *characters = nullptr);
std::string_view stripRight(std::string_view text,
                            const std::string *characters = nullptr);
std::string_view strip(std::string_view text,
                       const std::string *characters = nullptr);

/// Letters of ASCII only; others stay.
std::string toUpper(std::string_view text);
std::string toLower(std::string_view text);
/// The first letter of the text, or of each word, in upper case, others in
/// lower case.
std::string toCapitalized(std::string_view text);
std::string toTitle(std::string_view text);

/// The UTF-8 of a code point; empty for one that is none.
std::string encodeCharacter(uint32_t codePoint);

} // namespace weft::jinja

#endif // RUNTIME_GENERATE_TEMPLATE_UNICODE_H
