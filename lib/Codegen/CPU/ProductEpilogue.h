//===- ProductEpilogue.h - What follows a matrix product --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_PRODUCTEPILOGUE_H
#define LIB_CODEGEN_CPU_PRODUCTEPILOGUE_H

#include "dialects/LLM/Analysis/LinearHalves.h"
#include "lib/Codegen/CPU/Family.h"

namespace weft {

/// Sums of a product in memory, f32: row r of panel i of 16 columns is at
/// base + r * rowStride + 16 * i.
struct ProductSums {
  mlir::Value base, rowStride;
  mlir::Value rows, panels;
  /// The leading indices of the result for a row.
  llvm::function_ref<LaneIndices(mlir::Value row)> rowIndex;
  /// The number of a panel among all of the product.
  llvm::function_ref<mlir::Value(mlir::Value panel)> panelNumber;
};

/// Adds the bias, computes the output from the result of `anchor` at the sums'
/// places and stores it.
void emitProductEpilogue(ElementEmitter &emitter, const KernelOutput &output,
                         mlir::Operation *anchor, mlir::Value bias,
                         const ProductSums &sums);
/// The same of a linear's halves; the second half of the panels are those of
/// the second half of its columns, in the order of the first.
void emitHalvesEpilogue(ElementEmitter &emitter, const KernelOutput &output,
                        LinearHalves &halves, const ProductSums &sums);

} // namespace weft

#endif // LIB_CODEGEN_CPU_PRODUCTEPILOGUE_H
