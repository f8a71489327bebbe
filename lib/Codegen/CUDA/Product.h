//===- Product.h - A product of matrices to emit ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_PRODUCT_H
#define LIB_CODEGEN_CUDA_PRODUCT_H

#include "lib/Codegen/CUDA/CUDACodeBuilder.h"
#include "lib/Codegen/Common/KernelRegion.h"

namespace weft::cuda {

/// [batch.., rows, depth] times [columns, depth], or [batch.., depth, columns].
struct Product {
  mlir::Operation *anchor = nullptr;
  mlir::Value lhs, rhs, bias;
  /// rhs is [columns, depth]: a weight.
  bool isLinear = false;
  Sizes batch;
  SizeExpr rows = 1, columns, depth;
  /// f16 or bf16, where both are multiplied as such; else null.
  mlir::Type matrixElement;
  /// The block's place in `batch`.
  LaneIndices batchIndex;
  /// Of an expert's product, the row of each side and the panels (i64) before
  /// its matrix.
  struct Choice {
    LaneIndices input, result;
    mlir::Value firstPanel;
  };
  std::optional<Choice> choice;

  /// The anchor as a product, or nothing when no family takes it.
  static std::optional<Product> of(ElementEmitter &emitter,
                                   mlir::Operation *anchor);
  /// The indices of a row of the result, without the column.
  LaneIndices rowIndex(ElementEmitter &emitter, mlir::Value row) const;
  /// Those of the left operand's row.
  LaneIndices inputIndex(ElementEmitter &emitter, mlir::Value row) const {
    return choice ? choice->input : rowIndex(emitter, row);
  }
  /// How many elements of a dimension are read at once: `most`, or one where
  /// vectors would not be whole.
  static int64_t vectorLanes(const SizeExpr &size, int64_t most);
};

/// The element or vector of the output at `at` whose product is `sum`.
void storeProduct(ElementEmitter &emitter, const KernelOutput &output,
                  const Product &product, llvm::ArrayRef<LaneIndex> at,
                  mlir::Value sum);

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_PRODUCT_H
