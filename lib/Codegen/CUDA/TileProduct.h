//===- TileProduct.h - A block's tile of a product --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_TILEPRODUCT_H
#define LIB_CODEGEN_CUDA_TILEPRODUCT_H

#include "lib/Codegen/CUDA/TileOperand.h"

namespace weft::cuda {

/// The tile whose first row and column (i64) are given. `shared` points to
/// sharedTileBytes(shape, product) bytes.
void emitTileProduct(ElementEmitter &emitter, const KernelOutput &output,
                     const Product &product, const TileShape &shape,
                     mlir::Value shared, mlir::Value firstRow,
                     mlir::Value firstColumn);
int64_t sharedTileBytes(const TileShape &shape, const Product &product);

/// Sums of f32 in shared memory, [rows][columns]: groups of 8 columns of row r
/// are at group ^ (r % 4), so that fragments of mma.sync are written without
/// bank conflicts.
struct TileSums {
  mlir::Value base;
  int64_t rows, columns;
  mlir::Value firstColumn;
  /// The row of the product (i64) of row r (i32) of the sums.
  llvm::function_ref<mlir::Value(mlir::Value r)> rowOf;
  /// So many of these follow each other, and are added up.
  int64_t count = 1;

  /// Bytes from `base` of an element whose row and column are i32.
  static mlir::Value offsetOf(CUDACodeBuilder &code, mlir::Value row,
                              mlir::Value column, int64_t columns);
};

/// Adds the bias, computes the output at the sums' places and stores it.
void emitProductEpilogue(ElementEmitter &emitter, const KernelOutput &output,
                         const Product &product, const TileSums &sums);
} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_TILEPRODUCT_H
