//===- Utf8.h - Characters in UTF-8 --------------------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_UTF8_H
#define RUNTIME_GENERATE_TOKENIZER_UTF8_H

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// What stands at the start of some bytes.
struct Utf8Sequence {
  enum Kind { Character, Invalid, Incomplete } kind;
  /// Of the character, of the longest part that is no UTF-8 (which one U+FFFD
  /// replaces: Unicode 15, section 3.9), or of all bytes if they may go on.
  size_t length;
};

/// `bytes` is not empty.
Utf8Sequence nextUtf8Sequence(std::string_view bytes);

bool isUtf8(std::string_view bytes);

/// `bytes` with U+FFFD for each part that is not UTF-8.
std::string replaceInvalidUtf8(std::string_view bytes);

/// The length of the character that starts with `lead`, in valid text.
inline size_t utf8Length(char lead) {
  auto byte = static_cast<uint8_t>(lead);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/// The character at the start of valid, not empty text.
inline char32_t firstCharacter(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  switch (utf8Length(text[0])) {
  case 1:
    return byte(0);
  case 2:
    return (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
  case 3:
    return (byte(0) & 0xf) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
  default:
    return (byte(0) & 7) << 18 | (byte(1) & 0x3f) << 12 |
           (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
  }
}

/// The length of the last character of valid, not empty text.
inline size_t lastUtf8Length(std::string_view text) {
  size_t length = 1;
  while ((text[text.size() - length] & 0xc0) == 0x80)
    ++length;
  return length;
}

void appendUtf8(std::string &text, char32_t character);

/// Calls visit(character, bytes) for each character of valid text.
template <typename Visitor>
void forEachCharacter(std::string_view text, Visitor visit) {
  for (size_t i = 0; i < text.size();) {
    size_t length = utf8Length(text[i]);
    std::string_view bytes = text.substr(i, length);
    visit(firstCharacter(bytes), bytes);
    i += length;
  }
}

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_UTF8_H
