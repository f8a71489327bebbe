//===- PagedAttention.h - Attention to paged caches -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of threads computes a token and some heads of the query that share
// a head of the cache, its rows, so that what is loaded of the cache serves all
// of them. Its warps take the cache's blocks in turn and share nothing until
// the end:
//
//   for each of the warp's blocks:
//     scores[row][j] = sum over d of Q[row][d] * K[d][j]   lanes: 8 j, some d
//     weights, and how much the greatest score grew: online softmax
//     O[row][e] = O[row][e] * growth[row] + sum over j of weights * V[j][e]
//                                                         lanes: 8 e, some j
//   add the warps' O and sums, divide, apply the epilogue
//
// So a token that is alone in its sequence is computed, and all of them where a
// cache is of f32; of others PagedTile.h computes many together.
//
// With a span, blocks of threads compute parts of the positions that a token
// sees which is alone in its sequence. The first part's row of the result is
// the token's, those of the others lie behind the tokens.
//
// Online softmax: M. Milakov and N. Gimelshein, arXiv:1805.02867.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_PAGEDATTENTION_H
#define LIB_CODEGEN_CUDA_PAGEDATTENTION_H

#include "lib/Codegen/CUDA/PagedTile.h"
#include "lib/Codegen/Common/PagedSequences.h"

namespace weft::cuda {

/// Blocks of threads that compute a token.
int64_t itemsOfToken(int64_t heads, int64_t groups);

class PagedAttentionKernel {
public:
  using Value = mlir::Value;
  using Values = CodeBuilder::Values;

  PagedAttentionKernel(ElementEmitter &emitter, const KernelOutput &output,
                       PagedAttention op);

  Grid emit();

  /// Heads of an item: its sums lie in registers.
  static constexpr int64_t maximumRows = 8;
  /// Elements of an access: 16 bytes of a narrow cache.
  static constexpr int64_t vectorSize = 8;

private:
  static constexpr int64_t warpLanes = CUDACodeBuilder::warpLanes;
  static constexpr int64_t warps = 4, threads = warps * warpLanes;

  /// What a block of threads computes.
  struct Item {
    PagedSequences::Tile tile;
    Value group;
    Value firstHead;        ///< Of the item's rows, among those that share.
    Value firstKey, endKey; ///< What its token sees: i32.
    /// Of a part: its first position, and how far behind the token its row of
    /// the result lies. Else null.
    Value firstInPart, rowShift;
  };
  /// Of a row, what a warp has summed of the blocks it saw.
  struct Sums {
    Values greatest, sums; ///< f32; sums are those of the lane's own keys.
    Values results;        ///< Vectors of the lane's own columns.
  };

  // PagedAttention.cpp
  Value allocate(int64_t floats);
  void emitItem(Item item);
  void findKeys(Item &item);
  void stageQuery(const Item &item);
  Value headOf(const Item &item, Value row);
  void merge(const Item &item, const Sums &sums);
  void storeResult(const Item &item, int64_t row, Value column, Value result);
  /// Unless the item has fewer rows.
  void ifRow(const Item &item, int64_t row, llvm::function_ref<void()> body);
  Value sharedAt(Value base, Value index) {
    return code.address(base, code.f32(), index);
  }

  // PagedAttentionParts.cpp
  /// The part of this number, of all sequences.
  void emitPart(Item item, Value number);
  Value resultRow(const Item &item);
  /// By one thread; `sum` is 0 where nothing was seen.
  void storeRowLogarithm(const Item &item, int64_t row, Value greatest,
                         Value sum);

  // PagedAttentionRows.cpp
  Sums emitBlocks(const Item &item);
  Sums emitBlock(const Item &item, Value index, const Sums &before);
  /// Eight scores of each row.
  Values emitScores(Value keys);
  Values emitProduct(Value values, Value from, Value to, Value weights,
                     Values results);

  // On i32.
  Value number(int64_t value) { return code.integer(code.i32(), value); }
  Value narrow(Value wide) {
    return code.make<mlir::arith::TruncIOp>(code.i32(), wide);
  }
  Value widen(Value narrow) {
    return code.make<mlir::arith::ExtSIOp>(code.i64(), narrow);
  }
  Value quotient(Value value, int64_t divisor) {
    return code.make<mlir::arith::DivUIOp>(value, number(divisor));
  }
  Value rest(Value value, int64_t divisor) {
    return code.make<mlir::arith::RemUIOp>(value, number(divisor));
  }
  Value plus(Value lhs, Value rhs) {
    return code.make<mlir::arith::AddIOp>(lhs, rhs);
  }
  Value times(Value lhs, int64_t factor) {
    return code.make<mlir::arith::MulIOp>(lhs, number(factor));
  }

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const KernelOutput &output;
  PagedAttention op;
  MemoryTensor keys, values;
  int64_t heads, groups, depth, width, blockSize;
  /// Heads that share one of the cache, those of an item, and items of a token
  /// and a head of the cache.
  int64_t share, rows, itemsOfGroup;
  /// Lanes along the positions and along the columns of a block, and how many
  /// rows of it a warp's lanes take at once.
  int64_t keyLanes, keyRows, valueLanes, valueRows;
  /// With a span: parts of each sequence beside the first.
  SizeExpr furtherParts = 0;
  PagedSequences sequences;
  std::optional<PagedTile> manyTokens;
  int64_t sharedBytes = 0; ///< Of what `allocate` gave beside `manyTokens`.

  Value lane, warp; ///< i32.
  /// Shared memory: rows of the query, weights of each warp, results of each
  /// warp's lanes for one row, greatest scores and sums of each warp.
  Value query, weights, results, greatest, sums;
};

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_PAGEDATTENTION_H
