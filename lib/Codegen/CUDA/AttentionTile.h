//===- AttentionTile.h - Attention of 16 bits by mma.sync -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where queries, keys and values are f16 or bf16, a block of threads computes
// 64 rows of one head, each warp 16 of them. Queries, scores and sums stay in
// registers as fragments; keys and values go through shared memory 64 at a
// time. What is multiplied is rounded only where weights become 16 bits.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_ATTENTIONTILE_H
#define LIB_CODEGEN_CUDA_ATTENTIONTILE_H

#include "lib/Codegen/CUDA/Family.h"
#include "lib/Codegen/CUDA/FragmentSoftmax.h"
#include "lib/Codegen/CUDA/SharedRows.h"

namespace weft::cuda {

class AttentionTile {
public:
  using Value = mlir::Value;
  using Values = CodeBuilder::Values;

  /// Three operands of one type of 16 bits, with rows of whole fragments.
  static bool canEmit(ElementEmitter &emitter, AttentionOp op);

  AttentionTile(ElementEmitter &emitter, const KernelOutput &output,
                AttentionOp op);
  Grid emit();

private:
  static constexpr int64_t tileRows = 64, blockKeys = 64, threads = 128;

  using State = FragmentSoftmax;

  /// Rows from `first` (i64) on of a tensor to `place`; those beyond the last
  /// are the last one again.
  void stage(Value tensor, const SizeExpr &count, Value first, Value head,
             SharedRows rows, int64_t place);
  Values loadQuery();
  Values emitScores(mlir::ValueRange query);
  /// With scale and mask, of those that are seen; in powers of two.
  Values finishScores(Value firstKey, Values scores);
  void emitProduct(mlir::ValueRange weights, State &state);
  void storeResult(const State &state);
  /// The product's row (i64) of half 0 or 1 of the lane's, at most the last.
  Value rowOf(int64_t half);

  Number32 number(int64_t value) { return {code, value}; }
  Value widen(Value narrow) {
    return code.make<mlir::arith::ExtUIOp>(code.i64(), narrow);
  }
  Value sharedAt(Value bytes) {
    return code.address(shared, code.builder.getI8Type(), bytes);
  }

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const KernelOutput &output;
  AttentionOp op;
  mlir::Type half;
  SizeExpr batch, rows, heads, keys, groups;
  int64_t depth, width;
  SharedRows keyRows, valueRows;
  int64_t valuePlace, sharedSize;
  Number32 lane, warp;
  Value shared, item, head, group, firstRow;
};

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_ATTENTIONTILE_H
