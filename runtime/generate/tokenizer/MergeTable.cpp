//===- MergeTable.cpp - The merges of byte-pair encoding ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/MergeTable.h"

#include <algorithm>
#include <bit>

namespace weft {

MergeTable::MergeTable(size_t numMerges)
    : entries(std::bit_ceil(2 * numMerges + 2)),
      shift(64 - static_cast<unsigned>(std::countr_zero(entries.size()))) {}

void MergeTable::insert(uint32_t left, uint32_t right, Merge merge) {
  uint64_t key = join(left, right);
  for (size_t slot = hash(key);; ++slot) {
    Entry &entry = entries[slot & (entries.size() - 1)];
    if (entry.key == none || entry.key == key) {
      entry = {key, merge};
      return;
    }
  }
}

/// Up to so many symbols, looking at all pairs is faster than a heap.
static constexpr size_t few = 40;

void MergeTable::apply(std::vector<uint32_t> &symbols) const {
  if (symbols.size() < 2)
    return;
  if (symbols.size() <= few)
    applyToFew(symbols);
  else
    applyToMany(symbols);
}

void MergeTable::applyToFew(std::vector<uint32_t> &symbols) const {
  // The merge of each symbol with the next one.
  Merge pairs[few];
  auto look = [&](size_t i) {
    const Merge *merge = find(symbols[i], symbols[i + 1]);
    pairs[i] = merge ? *merge : Merge{UINT32_MAX, 0};
  };
  size_t size = symbols.size();
  for (size_t i = 0; i + 1 != size; ++i)
    look(i);
  while (size > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 != size; ++i)
      if (pairs[i].rank < pairs[best].rank)
        best = i;
    if (pairs[best].rank == UINT32_MAX)
      break;
    symbols[best] = pairs[best].id;
    std::copy(&symbols[best + 2], symbols.data() + size, &symbols[best + 1]);
    std::copy(&pairs[best + 1], pairs + size - 1, &pairs[best]);
    --size;
    if (best != 0)
      look(best - 1);
    if (best + 1 != size)
      look(best);
  }
  symbols.resize(size);
}

void MergeTable::applyToMany(std::vector<uint32_t> &symbols) const {
  struct Candidate {
    uint32_t rank;
    uint32_t position;
    uint32_t id;
    /// std::push_heap keeps the greatest on top.
    bool operator<(const Candidate &other) const {
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };
  // A list of symbols through their positions. A dead one has id `gone`.
  constexpr uint32_t gone = UINT32_MAX;
  auto size = static_cast<uint32_t>(symbols.size());
  std::vector<uint32_t> next(size), previous(size);
  std::vector<Candidate> heap;
  auto look = [&](uint32_t left) {
    const Merge *merge = find(symbols[left], symbols[next[left]]);
    if (merge)
      heap.push_back({merge->rank, left, merge->id});
    return merge != nullptr;
  };
  for (uint32_t i = 0; i != size; ++i) {
    next[i] = i + 1;
    previous[i] = i - 1;
    if (i + 1 != size)
      look(i);
  }
  std::make_heap(heap.begin(), heap.end());
  while (!heap.empty()) {
    Candidate best = heap.front();
    std::pop_heap(heap.begin(), heap.end());
    heap.pop_back();
    uint32_t left = best.position;
    if (symbols[left] == gone || next[left] == size)
      continue;
    uint32_t right = next[left];
    const Merge *merge = find(symbols[left], symbols[right]);
    if (!merge || merge->id != best.id)
      continue; // one of the two has been merged with another since
    symbols[left] = best.id;
    symbols[right] = gone;
    next[left] = next[right];
    if (next[left] != size) {
      previous[next[left]] = left;
      if (look(left))
        std::push_heap(heap.begin(), heap.end());
    }
    if (left != 0 && look(previous[left]))
      std::push_heap(heap.begin(), heap.end());
  }
  std::erase(symbols, gone);
}

} // namespace weft
