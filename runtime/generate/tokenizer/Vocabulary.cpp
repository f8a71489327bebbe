//===- Vocabulary.cpp - Pieces and their ids ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/Vocabulary.h"

#include <bit>
#include <functional>

namespace weft {

Vocabulary::Vocabulary(const std::vector<std::string_view> &pieces) {
  ends.reserve(pieces.size());
  slots.resize(std::bit_ceil(2 * pieces.size() + 1));
  for (uint32_t id = 0; id != pieces.size(); ++id) {
    text += pieces[id];
    ends.push_back(text.size());
  }
  for (uint32_t id = 0; id != pieces.size(); ++id) {
    if (pieces[id].empty())
      continue;
    size_t slot = std::hash<std::string_view>()(pieces[id]);
    while (true) {
      uint32_t &entry = slots[slot++ & (slots.size() - 1)];
      if (entry == 0 || piece(entry - 1) == pieces[id]) {
        entry = id + 1;
        break;
      }
    }
  }
}

std::optional<uint32_t> Vocabulary::find(std::string_view wanted) const {
  if (slots.empty())
    return std::nullopt;
  for (size_t slot = std::hash<std::string_view>()(wanted);; ++slot) {
    uint32_t entry = slots[slot & (slots.size() - 1)];
    if (entry == 0)
      return std::nullopt;
    if (piece(entry - 1) == wanted)
      return entry - 1;
  }
}

} // namespace weft
