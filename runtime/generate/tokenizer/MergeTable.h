//===- MergeTable.h - The merges of byte-pair encoding -------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_MERGETABLE_H
#define RUNTIME_GENERATE_TOKENIZER_MERGETABLE_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft {

/// The merges of byte-pair encoding, by the two ids that they join.
class MergeTable {
public:
  struct Merge {
    uint32_t rank; // lower ones first
    uint32_t id;   // of both together
  };

  MergeTable() = default;
  explicit MergeTable(size_t numMerges);

  /// At most as many as the constructor was told. Of equal pairs the last
  /// counts.
  void insert(uint32_t left, uint32_t right, Merge merge);

  /// Null if the two have no merge.
  const Merge *find(uint32_t left, uint32_t right) const {
    uint64_t key = join(left, right);
    for (size_t slot = hash(key);; ++slot) {
      const Entry &entry = entries[slot & (entries.size() - 1)];
      if (entry.key == key)
        return &entry.merge;
      if (entry.key == none)
        return nullptr;
    }
  }

  /// Makes all merges among `symbols`.
  void apply(std::vector<uint32_t> &symbols) const;

private:
  struct Entry {
    uint64_t key = none;
    Merge merge = {};
  };
  static constexpr uint64_t none = UINT64_MAX;
  static uint64_t join(uint32_t left, uint32_t right) {
    return static_cast<uint64_t>(left) << 32 | right;
  }
  size_t hash(uint64_t key) const {
    return key * 0x9e3779b97f4a7c15 >> shift; // Fibonacci hashing
  }
  void applyToFew(std::vector<uint32_t> &symbols) const;
  void applyToMany(std::vector<uint32_t> &symbols) const;

  std::vector<Entry> entries = std::vector<Entry>(2);
  unsigned shift = 63;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_MERGETABLE_H
