//===- FragmentSoftmax.h - Rows of weights in fragments ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Attention of 16 rows by a warp, whose scores, weights and results are
// accumulators of mma.sync: four f32 for each 8 columns, of which a lane has
// two of row lane / 4 (`half` 0) and two of row 8 + lane / 4 (`half` 1).
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_FRAGMENTSOFTMAX_H
#define LIB_CODEGEN_CUDA_FRAGMENTSOFTMAX_H

#include "lib/Codegen/CUDA/CUDACodeBuilder.h"
#include "lib/Codegen/CUDA/Number32.h"

namespace weft::cuda {

/// What is carried from one block of keys to the next.
struct FragmentSoftmax {
  using Value = mlir::Value;
  using Values = CodeBuilder::Values;

  /// Of the lane's two rows: the greatest score, and its part of the sum.
  Value greatest[2], sums[2];
  Values results;

  /// Before any key, for results of `width` columns.
  static FragmentSoftmax start(CUDACodeBuilder &code, int64_t width);
  Values list() const;
  static FragmentSoftmax of(mlir::ValueRange values);

  /// Makes weights of scores in powers of two, and lets sums and results shrink
  /// as the greatest score grows.
  void addScores(CUDACodeBuilder &code, Values &scores);
  /// The sum of a whole row.
  Value rowSum(CUDACodeBuilder &code, int64_t half) const;
  /// Puts the results of a row, over its sum, at `place` (f32 from `shared` on,
  /// the lane's first column) and every 8 further on. A row that sees no key is
  /// zero.
  void storeRow(CUDACodeBuilder &code, int64_t half, Value sum, Value shared,
                Number32 place) const;
};

/// The weights of 16 keys, eight f32, as a left operand of `element` (f16 or
/// bf16).
CodeBuilder::Values weightFragments(CUDACodeBuilder &code, mlir::Type element,
                                    mlir::ValueRange weights);

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_FRAGMENTSOFTMAX_H
