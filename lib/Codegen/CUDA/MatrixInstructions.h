//===- MatrixInstructions.h - mma.sync and what feeds it --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_MATRIXINSTRUCTIONS_H
#define LIB_CODEGEN_CUDA_MATRIXINSTRUCTIONS_H

#include "lib/Codegen/CUDA/CUDACodeBuilder.h"

namespace weft::cuda {

/// Four registers of i32: 8x8 matrices of 16-bit elements, matrix i at the rows
/// that lanes 8 i to 8 i + 7 point to in shared memory, or their transposes.
CodeBuilder::Values loadMatrices(CUDACodeBuilder &code, mlir::Value address,
                                 bool transposed = false);
/// c + a * b for 16 rows, 8 columns and 16 terms, in f32; `element` (f16 or
/// bf16) is that of a (four registers, row by row) and b (two, column by
/// column). Of the result, a lane holds columns 2 (lane % 4) and the next, of
/// the rows lane / 4 and 8 + lane / 4.
CodeBuilder::Values multiplyMatrices(CUDACodeBuilder &code, mlir::Type element,
                                     mlir::ValueRange a, mlir::ValueRange b,
                                     mlir::ValueRange c);
/// Adds the product with both pairs of matrices that loadMatrices gave: for 16
/// columns, the eight sums from `first` on.
void addProducts(CUDACodeBuilder &code, mlir::Type element, mlir::ValueRange a,
                 llvm::ArrayRef<mlir::Value> matrices,
                 CodeBuilder::Values &sums, int64_t first);
/// multiplyMatrices for 8 terms of f32, nearly as exact as by fma: of each
/// number the rest beyond tf32 is multiplied too. Lane l has terms 2 (l % 4)
/// and the next; of `a` (row l / 4, row 8 + l / 4; then those of the next term)
/// and of `b` (column l / 4; then of the next term).
CodeBuilder::Values multiplyFloatMatrices(CUDACodeBuilder &code,
                                          mlir::ValueRange a,
                                          mlir::ValueRange b,
                                          mlir::ValueRange c);

/// Begins to copy 16 bytes from global to shared memory; of the source only
/// `bytes` (i32, 0 or 16) are read, and the rest are zeros.
void copyAsync(CUDACodeBuilder &code, mlir::Value target, mlir::Value source,
               mlir::Value bytes);
/// Makes a group of the copies since the last one.
void commitCopies(CUDACodeBuilder &code);
/// Waits until at most `pending` groups are under way.
void waitForCopies(CUDACodeBuilder &code, int64_t pending);

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_MATRIXINSTRUCTIONS_H
