//===- LibraryProduct.h - What a matrix library computes -------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_ANALYSIS_LIBRARYPRODUCT_H
#define DIALECTS_LLM_ANALYSIS_LIBRARYPRODUCT_H

#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "dialects/LLM/IR/LLM.h"

namespace weft {

/// A kernel that is one product and nothing that a matrix library (cuBLASLt)
/// would leave to another kernel:
///
///   %1 = llm.linear %x, %w bias %b    or llm.matmul %x, %w
///   %2 = llm.relu %1                  or llm.gelu by tanh, or nothing
///   %3 = llm.cast %2                  to the type of the operands, or nothing
///
/// All operands are arguments. That of a linear may be widened from 16 bits by
/// a cast: the library multiplies what was not widened.
struct LibraryProduct {
  /// The product's operands; the bias may be null.
  mlir::BlockArgument lhs, rhs, bias;
  bool isLinear = false;
  mlir::Type output;
  /// "", "relu" or "gelu".
  llvm::StringRef epilogue;

  /// Nothing for a kernel that is more, or a weight in panels or blocks.
  static std::optional<LibraryProduct> of(KernelOp kernel);

  mlir::Type lhsElement() const { return mlir::getElementTypeOrSelf(lhs); }
  mlir::Type rhsElement() const { return mlir::getElementTypeOrSelf(rhs); }
  /// A library takes operands of one type; their rounding is another kernel's.
  bool hasOneType() const { return lhsElement() == rhsElement(); }

  /// d[batch, m, n] is the sum over k.
  struct Extents {
    SizeExpr batch = 1, m = 1, n, k;
  };
  /// Nothing when a stack of matrices is broadcast, which libraries do not do.
  std::optional<Extents> getExtents(KernelOp kernel, SizeAnalysis &sizes) const;
};

} // namespace weft

#endif // DIALECTS_LLM_ANALYSIS_LIBRARYPRODUCT_H
