//===- Trie.cpp - Keys that a text starts with ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/Trie.h"

#include <algorithm>

namespace weft {

/// Level by level, so that siblings get neighbouring nodes: a node stands for
/// the range of sorted keys that share its text.
Trie::Trie(std::vector<std::pair<std::string_view, uint32_t>> keys) {
  std::erase_if(keys, [](const auto &key) { return key.first.empty(); });
  std::sort(keys.begin(), keys.end());
  struct Range {
    size_t begin, end;
  };
  nodes.emplace_back();
  bytes.push_back(0);
  std::vector<Range> level = {{0, keys.size()}}, next;
  size_t firstOfLevel = 0;
  for (size_t depth = 0; !level.empty(); ++depth) {
    next.clear();
    for (size_t i = 0; i != level.size(); ++i) {
      auto [begin, end] = level[i];
      uint32_t node = static_cast<uint32_t>(firstOfLevel + i);
      // The keys that end here sort first, of equal ones the last.
      for (; begin != end && keys[begin].first.size() == depth; ++begin)
        nodes[node].value = keys[begin].second;
      nodes[node].firstChild = static_cast<uint32_t>(nodes.size());
      while (begin != end) {
        char byte = keys[begin].first[depth];
        size_t stop = begin;
        while (stop != end && keys[stop].first[depth] == byte)
          ++stop;
        if (depth == 0)
          roots[static_cast<uint8_t>(byte)] =
              static_cast<uint32_t>(nodes.size());
        nodes.emplace_back();
        bytes.push_back(static_cast<uint8_t>(byte));
        ++nodes[node].numChildren;
        next.push_back({begin, stop});
        begin = stop;
      }
    }
    firstOfLevel += level.size();
    std::swap(level, next);
  }
}

} // namespace weft
