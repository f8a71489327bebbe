//===- Utf8.cpp - Characters in UTF-8 -------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/Utf8.h"

#include <cstring>

namespace weft {

Utf8Sequence nextUtf8Sequence(std::string_view bytes) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  uint8_t lead = byte(0);
  if (lead < 0x80)
    return {Utf8Sequence::Character, 1};
  if (lead < 0xc2 || lead > 0xf4)
    return {Utf8Sequence::Invalid, 1};
  size_t length = utf8Length(bytes[0]);
  // Overlong forms, surrogates and what is beyond U+10FFFF.
  uint8_t least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  uint8_t greatest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (size_t i = 1; i != length; ++i) {
    if (i == bytes.size())
      return {Utf8Sequence::Incomplete, i};
    if (byte(i) < least || byte(i) > greatest)
      return {Utf8Sequence::Invalid, i};
    least = 0x80;
    greatest = 0xbf;
  }
  return {Utf8Sequence::Character, length};
}

/// The number of bytes at the start that are UTF-8.
static size_t validLength(std::string_view bytes) {
  size_t i = 0;
  while (i != bytes.size()) {
    uint64_t word;
    if (i + sizeof(word) <= bytes.size()) {
      std::memcpy(&word, bytes.data() + i, sizeof(word));
      if (!(word & 0x8080808080808080)) {
        i += sizeof(word);
        continue;
      }
    }
    Utf8Sequence next = nextUtf8Sequence(bytes.substr(i));
    if (next.kind != Utf8Sequence::Character)
      break;
    i += next.length;
  }
  return i;
}

bool isUtf8(std::string_view bytes) {
  return validLength(bytes) == bytes.size();
}

std::string replaceInvalidUtf8(std::string_view bytes) {
  std::string text;
  while (true) {
    size_t valid = validLength(bytes);
    text += bytes.substr(0, valid);
    bytes.remove_prefix(valid);
    if (bytes.empty())
      return text;
    text += "\xef\xbf\xbd";
    bytes.remove_prefix(nextUtf8Sequence(bytes).length);
  }
}

void appendUtf8(std::string &text, char32_t character) {
  auto append = [&](char32_t byte) { text += static_cast<char>(byte); };
  auto follow = [&](int shift) { append(0x80 | (character >> shift & 0x3f)); };
  if (character < 0x80) {
    append(character);
  } else if (character < 0x800) {
    append(0xc0 | character >> 6);
    follow(0);
  } else if (character < 0x10000) {
    append(0xe0 | character >> 12);
    follow(6);
    follow(0);
  } else {
    append(0xf0 | character >> 18);
    follow(12);
    follow(6);
    follow(0);
  }
}

} // namespace weft
