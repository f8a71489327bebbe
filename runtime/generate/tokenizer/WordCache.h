//===- WordCache.h - The ids of words seen lately ------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_WORDCACHE_H
#define RUNTIME_GENERATE_TOKENIZER_WORDCACHE_H

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace weft {

/// The ids of short words seen lately. Every word has one place, which the last
/// one to come takes: the size is fixed, and there is nothing to search.
class WordCache {
public:
  /// The ids of `word`; empty if they are not known.
  std::span<const int32_t> find(std::string_view word) const {
    if (word.size() > maxBytes || entries.empty())
      return {};
    const Entry &entry = entries[place(word)];
    if (entry.numBytes != word.size() ||
        std::memcmp(entry.bytes, word.data(), word.size()) != 0)
      return {};
    return {entry.ids, entry.numIds};
  }

  void insert(std::string_view word, std::span<const int32_t> ids) {
    if (word.size() > maxBytes || ids.empty() || ids.size() > maxIds)
      return;
    if (entries.empty())
      entries.resize(numEntries);
    Entry &entry = entries[place(word)];
    entry.numBytes = static_cast<uint8_t>(word.size());
    entry.numIds = static_cast<uint8_t>(ids.size());
    std::memcpy(entry.bytes, word.data(), word.size());
    std::copy(ids.begin(), ids.end(), entry.ids);
  }

private:
  static constexpr size_t numEntries = 1 << 14, maxBytes = 30, maxIds = 8;
  struct Entry {
    int32_t ids[maxIds];
    char bytes[maxBytes];
    uint8_t numBytes = 0, numIds = 0;
  };
  static size_t place(std::string_view word) {
    return std::hash<std::string_view>()(word) % numEntries;
  }

  std::vector<Entry> entries;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_WORDCACHE_H
