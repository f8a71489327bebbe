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

/// The pool's elements are floats, or q8_0 whose blocks divide the rows of
/// `size` elements.
mlir::LogicalResult verifyPool(mlir::Operation *op, llvm::StringRef name,
                               mlir::Type pool, unsigned dimension);

/// The place of a token in a pool.
struct CacheSlot {
  int64_t block;
  int64_t place;
};

/// The rows of a pool `[blocks, heads, places, size]`, or transposed
/// `[blocks, heads, size, places]`; see llm.write_cache.
///
/// In a pool of `!llm.block<q8_0>` each 32 elements of a row share a scale: `x`
/// becomes `f16(d) * round(x / d)` with `d = max |x| / 127` in f32 and halves
/// rounded to even. Each block of each head holds its places * size bytes in
/// the order of the pool's elements, then size / 32 rows of `places` scales in
/// f16, whether it is transposed or not.
class CachePool {
public:
  CachePool(llvm::ArrayRef<int64_t> shape, bool isTransposed)
      : heads(shape[1]), places(shape[isTransposed ? 3 : 2]),
        size(shape[isTransposed ? 2 : 3]), isTransposed(isTransposed) {}

  int64_t blockSize() const { return places; }
  /// Element `i` of a head's row.
  double read(const HostTensor &pool, CacheSlot slot, int64_t head,
              int64_t i) const;
  /// Rounds to the type of the pool.
  void write(HostTensor &pool, CacheSlot slot, int64_t head,
             llvm::ArrayRef<double> row) const;

private:
  /// Of a head in a block.
  int64_t matrix(CacheSlot slot, int64_t head) const {
    return slot.block * heads + head;
  }
  int64_t inMatrix(CacheSlot slot, int64_t i) const {
    return isTransposed ? i * places + slot.place : slot.place * size + i;
  }
  /// Where the byte of an element of q8_0 lies, and its scale.
  int64_t byteOf(CacheSlot slot, int64_t head, int64_t i) const;
  int64_t scaleOf(CacheSlot slot, int64_t head, int64_t i) const;

  int64_t heads, places, size;
  bool isTransposed;
};

/// The tokens of a step, and the slots of their sequences.
class PagedTokens {
public:
  /// Failures are reported through `check`.
  PagedTokens(const ShapeCheck &check, const HostTensor &positions,
              const HostTensor &start, const HostTensor &table,
              int64_t numBlocks, int64_t blockSize)
      : check(check), positions(positions), start(start), table(table),
        numBlocks(numBlocks), blockSize(blockSize) {}

  int64_t positionOf(int64_t token) const {
    return positions.integers()[token];
  }
  mlir::FailureOr<CacheSlot> slotOf(int64_t sequence, int64_t position) const;

  /// Nothing for a token outside of all sequences.
  std::optional<int64_t> sequenceOf(int64_t token) const {
    return sequenceOf(start, token);
  }
  static std::optional<int64_t> sequenceOf(const HostTensor &start,
                                           int64_t token);
  /// The sequence has one token in this step.
  static bool isAlone(const HostTensor &start, int64_t sequence) {
    return start.integers()[sequence + 1] - start.integers()[sequence] == 1;
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
