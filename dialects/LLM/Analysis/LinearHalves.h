//===- LinearHalves.h - A product whose halves become one -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_ANALYSIS_LINEARHALVES_H
#define DIALECTS_LLM_ANALYSIS_LINEARHALVES_H

#include "dialects/LLM/IR/LLM.h"

namespace weft {

/// A linear of bytes with weights in interleaved blocks, of which nothing is
/// read but two halves of its columns, which become one element by element:
///
///   %1 = llm.linear %x, %w            activations q8; gate and up projection
///   %2 = llm.slice %1                 columns [0, H)
///   %3 = llm.slice %1                 columns [H, 2 H)
///   %4 = llm.swiglu %2, %3            or several ops
///
/// H is a multiple of 32: both halves are as many pairs of 16 columns.
struct LinearHalves {
  LinearOp linear;
  SliceOp first, second;
  /// All ops behind the slices that lead to the result, and itself.
  llvm::SmallVector<mlir::Operation *, 4> ops;

  using Predicate = llvm::function_ref<bool(mlir::Operation *)>;
  /// Of `result`, which reads the halves and splat constants only.
  static std::optional<LinearHalves> leadingTo(mlir::Value result,
                                               Predicate isElementwise);
  /// The first result that reads both halves of `linear`.
  static std::optional<LinearHalves> of(LinearOp linear,
                                        Predicate isElementwise);
};

} // namespace weft

#endif // DIALECTS_LLM_ANALYSIS_LINEARHALVES_H
