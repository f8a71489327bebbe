//===- PagedTile.h - Attention of many tokens by mma.sync -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of threads computes 64 rows: some tokens of one sequence and all
// heads of the query that share a head of the cache. Each warp has 16 rows,
// whose queries, scores and sums stay in its registers as fragments; keys and
// values of a block of 64 positions are copied to shared memory while the block
// before is computed:
//
//   S = Q K, 16 x 64      K lies transposed: ldmatrix.trans gives columns
//   P = 2^(S - greatest)  the accumulators of S are the left operand of P V
//   O = O * growth + P V
//
// Of an f32 cache all operands are f32, which tf32 products give nearly exactly
// (PagedTileFloats.cpp).
//
// In blocks: T. Dao, FlashAttention-2, arXiv:2307.08691.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_PAGEDTILE_H
#define LIB_CODEGEN_CUDA_PAGEDTILE_H

#include "lib/Codegen/CUDA/Family.h"
#include "lib/Codegen/CUDA/FragmentSoftmax.h"
#include "lib/Codegen/CUDA/SharedRows.h"
#include "lib/Codegen/Common/PagedSequences.h"

namespace weft::cuda {

class PagedTile {
public:
  using Value = mlir::Value;
  using Values = CodeBuilder::Values;

  static constexpr int64_t tileRows = 64, blockSize = 64;
  static constexpr int64_t warps = 4, threads = 128;

  /// Caches of f16, bf16 or f32 with rows of whole fragments, and heads that
  /// share one in a tile.
  static bool canEmit(ElementEmitter &emitter, PagedAttention op);

  PagedTile(ElementEmitter &emitter, const KernelOutput &output,
            PagedAttention op, PagedSequences &sequences);

  /// Tokens of a tile.
  int64_t tokens() const { return tileRows / share; }
  /// Of dynamic shared memory, all of which is free until `emit`.
  int64_t sharedBytes() const { return stages * stageBytes; }
  Value sharedMemory() const { return shared; }
  void emit(const PagedSequences::Tile &tile, Value group);

private:
  /// What the rows of this lane see, and what any and all of the tile's see:
  /// i32.
  struct Seen {
    Value first[2], end[2];
    Value anyFirst, anyEnd, allFirst, allEnd;
  };
  using State = FragmentSoftmax;

  // PagedTile.cpp
  void stageQuery();
  Values loadQuery();
  void findKeys();
  void storeResult(const State &state);
  Value rowToken(Value row);
  Value rowHead(Value row);

  // PagedTileBlocks.cpp
  State emitBlocks(mlir::ValueRange query);
  void copyBlock(Value index, Value stage);
  void copyRows(const MemoryTensor &pool, SharedRows rows, int64_t count,
                Value block, Number32 target,
                llvm::function_ref<Value(Number32)> bytesOf);
  Values findMatrices(Number32 base, SharedRows rows, int64_t columns);
  Value below(Value place, int64_t count, SharedRows rows) {
    return code.address(place, code.builder.getI8Type(), count * rows.stride());
  }
  Values emitScores(mlir::ValueRange query, Value stage);
  Values hideUnseen(Value index, Values scores);
  void emitProduct(mlir::ValueRange weights, Value stage, State &state);

  // PagedTileFloats.cpp
  Values loadFloatQuery();
  Values emitFloatScores(mlir::ValueRange query, Value stage);
  void emitFloatProduct(mlir::ValueRange weights, Value stage, State &state);
  Value findFloats(Number32 base, SharedRows rows);
  Values loadFloats(Value place, int64_t row, int64_t column, SharedRows rows);

  Number32 number(int64_t value) { return {code, value}; }
  Number32 narrow(Value wide) {
    return {code, code.make<mlir::arith::TruncIOp>(code.i32(), wide)};
  }
  Value widen(Value narrow) {
    return code.make<mlir::arith::ExtUIOp>(code.i64(), narrow);
  }
  /// `bytes` (i32) from the start of shared memory.
  Value sharedAt(Value bytes) {
    return code.address(shared, code.builder.getI8Type(), bytes);
  }

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const KernelOutput &output;
  PagedAttention op;
  PagedSequences &sequences;
  MemoryTensor keys, values;
  int64_t groups, share, depth, width;
  bool isFloat; ///< The cache is of f32.
  /// Elements of 16 bytes.
  int64_t pieceSize;
  SharedRows queryRows, keyRows, valueRows;
  /// Blocks in shared memory at once.
  int64_t stages, stageBytes;
  /// Where the query is before the last stage is there.
  int64_t queryPlace() const { return (stages - 1) * stageBytes; }
  Value shared, rowKeys, warpKeys;

  // Of the tile that is emitted.
  PagedSequences::Tile tile;
  Value group;
  Value lane, warp; ///< i32.
  Seen seen;
};

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_PAGEDTILE_H
