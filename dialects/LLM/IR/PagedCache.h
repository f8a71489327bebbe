//===- PagedCache.h - Where tokens lie in a paged cache ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_PAGEDCACHE_H
#define DIALECTS_LLM_IR_PAGEDCACHE_H

#include "dialects/LLM/IR/ShapeCheck.h"

namespace weft {

/// Ranks of positions [T], sequence_start [S + 1] and block_table [S, B], and
/// that they agree.
mlir::LogicalResult checkTable(const ShapeCheck &check, unsigned positions,
                               unsigned start, unsigned table);

/// The tokens of a step, and the slots of their sequences.
class PagedTokens {
public:
  struct Slot {
    int64_t block;
    int64_t place;
  };

  /// Failures are reported through `check`.
  PagedTokens(const ShapeCheck &check, const HostTensor &positions,
              const HostTensor &start, const HostTensor &table,
              int64_t numBlocks, int64_t blockSize)
      : check(check), positions(positions), start(start), table(table),
        numBlocks(numBlocks), blockSize(blockSize) {}

  /// Nothing for a token outside of all sequences.
  std::optional<int64_t> sequenceOf(int64_t token) const;
  int64_t positionOf(int64_t token) const {
    return positions.integers()[token];
  }
  mlir::FailureOr<Slot> slotOf(int64_t sequence, int64_t position) const;
  /// Where element `i` of a head's row of `size` lies in a pool.
  int64_t elementOf(Slot slot, int64_t head, int64_t heads, int64_t i,
                    int64_t size, bool transposed) const {
    int64_t matrix = (slot.block * heads + head) * size * blockSize;
    return matrix +
           (transposed ? i * blockSize + slot.place : slot.place * size + i);
  }

private:
  const ShapeCheck &check;
  const HostTensor &positions;
  const HostTensor &start;
  const HostTensor &table;
  int64_t numBlocks;
  int64_t blockSize;
};

} // namespace weft

#endif // DIALECTS_LLM_IR_PAGEDCACHE_H
