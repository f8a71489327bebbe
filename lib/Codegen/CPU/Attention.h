//===- Attention.h - Attention without scores in memory ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One item is a block of query rows of one head. Lanes are query rows: keys and
// values are broadcast element by element, so that only the queries and the
// result are transposed, and maxima and sums over keys never cross lanes:
//
//   for each block of keys:
//     copy K and V of the block, f32, zero padded
//     for each tile of 16 (or 32) rows:
//       scores[key][row] = sum over d of K[key][d] * Q[d][row]   (+ mask)
//       weights, and how much the greatest score grew: online softmax
//       O[e][row] = O[e][row] * growth + sum over keys V[key][e] * weights
//   divide O by the sums, transpose, apply the epilogue
//
// Query, keys and values are read where they lie, perhaps in one tensor: rows
// of some cache lines, thousands of bytes apart. The arithmetic of one item
// covers the latency of the next one's.
//
// Online softmax: M. Milakov and N. Gimelshein, arXiv:1805.02867; in blocks: T.
// Dao et al., FlashAttention, arXiv:2205.14135.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_ATTENTION_H
#define LIB_CODEGEN_CPU_ATTENTION_H

#include "lib/Codegen/CPU/Family.h"

namespace weft {

class AttentionKernel {
public:
  using Value = mlir::Value;
  using Values = CPUCodeBuilder::Values;

  AttentionKernel(ElementEmitter &emitter, const KernelOutput &output,
                  AttentionOp op);

  /// Emits the loop over items.
  Division emit();

private:
  static constexpr int64_t lanes = CPUCodeBuilder::lanes;
  /// Query rows of an item: enough to pay for copying all keys and values.
  static constexpr int64_t itemRows = 128;
  /// Keys of a block: their weights and values stay in the first cache.
  static constexpr int64_t blockKeys = 64;

  /// Where an item's data lie in scratch, in elements of f32.
  struct Place {
    SizeExpr offset, size;
  };
  /// Adjacent rows that are computed together: `panels` times 16.
  struct RowTile {
    Value firstPanel; ///< Within the item.
    int64_t panels;
  };
  /// The keys [first, first + count), and `padded` of them in scratch.
  struct KeyBlock {
    Value first, count, padded;
  };

  // Attention.cpp
  Place allocate(SizeExpr size);
  Value pointer(const Place &place);
  Value element(Value base, Value index) {
    return code.address(base, code.f32(), index);
  }
  Value element(Value base, int64_t index) {
    return code.address(base, code.f32(), index);
  }
  void emitItem(Value item);
  /// The head of keys and values that a head of the query reads.
  Value groupOf(Value head);
  /// `body` for each tile of the item's rows.
  void forEachRowTile(llvm::function_ref<void(const RowTile &)> body);
  /// Row of the query that a lane computes; surplus lanes repeat the last.
  Value queryRow(Value panel, Value lane);

  // AttentionPacking.cpp
  void packQuery(Value panel);
  void copyRows(Value tensor, const KeyBlock &block, const Place &to,
                const SizeExpr &width);
  /// What is added to the scores of each key in all rows.
  void packKeyMask(const KeyBlock &block);
  /// Mask elements that differ by row go where the scores will be.
  void packRowMask(const RowTile &tile, const KeyBlock &block);
  void storeResult(Value panel);
  /// Fetches what the item's end writes and the next item reads into the
  /// second cache: short rows, far from each other, that no prefetcher of the
  /// processor follows. Called for each `tileHeight` keys of each tile.
  void prefetchAhead(const RowTile &tile, const KeyBlock &block, Value key);
  /// The row of `tensor` at `index`, if it lies in memory.
  void prefetchRow(Value tensor, const LaneIndices &index,
                   const SizeExpr &width);
  /// to[j * stride + i] = from[i * 16 + j], for i and j below 16; `change` is
  /// applied to each vector of `from`.
  void transpose(Value from, Value to, int64_t stride,
                 llvm::function_ref<Value(Value)> change = {});
  /// `emit(first)` for whole vectors of a row of `width` elements; the last one
  /// is masked.
  void forEachVectorOfRow(const SizeExpr &width,
                          llvm::function_ref<void(Value)> emit);

  // AttentionTiles.cpp
  void attend(const RowTile &tile, const KeyBlock &block);
  /// Stores the scores; gives the greatest of each row.
  Values emitScores(const RowTile &tile, const KeyBlock &block,
                    mlir::ValueRange greatest);
  /// Replaces scores by weights; gives their sums.
  Values emitWeights(const RowTile &tile, const KeyBlock &block,
                     mlir::ValueRange greatest);
  void emitProduct(const RowTile &tile, const KeyBlock &block,
                   mlir::ValueRange growth);
  /// sums[i][j] + the sum over `k` of left[i * stride + k * step] *
  /// right[k * 16 * panels + 16 * j].
  struct Product {
    Value left;
    Value leftStride; ///< Between the broadcast rows.
    Value leftStep;   ///< Between the terms of the sum.
    llvm::SmallVector<Value, 2> right;
    int64_t rightStep;
    Value terms;
    int64_t unroll;
  };
  Values accumulate(const Product &product, mlir::ValueRange sums);
  /// e^x for x <= 0: exactly 1 at 0, exactly 0 below -88.
  Value expOfNegative(Value x);

  ElementEmitter &emitter;
  CPUCodeBuilder &code;
  const KernelOutput &output;
  AttentionOp op;
  /// [batch, rows, heads, head size], keys, groups, value size.
  SizeExpr batch, rows, heads, depth, keys, groups, width;
  /// `depth` and `width` in whole vectors.
  SizeExpr paddedDepth, paddedWidth;
  /// The mask differs by row.
  bool masksRows = false;
  /// Broadcast rows of a tile in registers.
  int64_t tileHeight;
  /// Panels of a tile.
  int64_t tilePanels;

  SizeExpr scratchSize;
  Place queryPlace, keyPlace, valuePlace, keyMaskPlace, weightPlace,
      resultPlace, greatestPlace, sumPlace, transposePlace;

  // Of the current item.
  Value itemBatch, itemHead, itemGroup, firstRow, rowPanels;
  // Of the next one.
  Value nextBatch, nextHead, nextGroup, nextRow;
};

} // namespace weft

#endif // LIB_CODEGEN_CPU_ATTENTION_H
