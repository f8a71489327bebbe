//===- Mutation.cpp - Texts with a few changes --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/ptx/Mutation.h"

#include <algorithm>
#include <iterator>

std::string weft::cusim::ptx::mutated(std::string text, std::mt19937 &random) {
  for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
    size_t at = random() % text.size();
    size_t length = std::min<size_t>(1 + random() % 12, text.size() - at);
    std::string piece = text.substr(random() % (text.size() - length), length);
    switch (random() % 5) {
    case 0:
      text[at] = char(random());
      break;
    case 1:
      text.erase(at, length);
      break;
    case 2:
      text.insert(at, piece);
      break;
    case 3:
      text.replace(at, length, piece);
      break;
    default: {
      const char *pieces[] = {
          "%r", "{",    "}", "[", ";",   ",",  "(",  "|",  "!", "4294967295",
          "-1", ".b32", "_", "@", ".v4", "0x", "/*", "\"", "<", ".reg .b32 "};
      text.insert(at, pieces[random() % std::size(pieces)]);
    }
    }
  }
  return text;
}
