//===- SizeAnalysis.h - The sizes of every value ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An expression over size symbols for each dimension of each tensor:
//
//   llm.size @sequence range(1, 512) divisor 1
//   func.func @f(%x: tensor<?x384xf32> {llm.sizes = #llm.sizes<[sequence,
//   384]>}) %y = llm.concat %x, %x axis 0    // getSizes(%y): [2*sequence, 384]
//
// In a pass: `SizeAnalysis &sizes = getAnalysis<SizeAnalysis>();`. A pass that
// rewrites sets it as the rewriter's listener, so that erased values are
// forgotten; sizes of new values are derived when they are asked for.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_ANALYSIS_SIZEANALYSIS_H
#define DIALECTS_LLM_ANALYSIS_SIZEANALYSIS_H

#include "dialects/LLM/Analysis/SizeSymbols.h"
#include "dialects/LLM/IR/Sizes.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

namespace weft {

class SizeAnalysis : public mlir::RewriterBase::Listener {
public:
  /// Of a function, or of all functions of a module.
  explicit SizeAnalysis(mlir::Operation *operation);

  /// The sizes of a ranked tensor; none for anything else. A static dimension
  /// is always a constant. A dimension of which nothing is known is a symbol of
  /// its own, named "<value>.<dimension>". The reference lives until the next
  /// call.
  const Sizes &getSizes(mlir::Value value);
  SizeExpr getSize(mlir::Value value, unsigned dimension) {
    return getSizes(value)[dimension];
  }
  llvm::SmallVector<Sizes> getSizes(mlir::ValueRange values);
  /// Product of all sizes.
  SizeExpr getNumElements(mlir::Value value);

  /// True when both have the same sizes for every value of the symbols.
  bool haveSameSizes(mlir::Value lhs, mlir::Value rhs);

  const SizeSymbols &getSymbols() const { return symbols; }

  void notifyOperationErased(mlir::Operation *operation) override;

private:
  Sizes derive(mlir::Value value);
  Sizes deriveArgument(mlir::BlockArgument argument);
  /// `derived` where it has the right rank, corrected by the static type.
  Sizes refine(mlir::Value value, Sizes derived);
  SizeExpr freshSymbol(mlir::Value value, unsigned dimension);

  SizeSymbols symbols;
  llvm::DenseMap<mlir::Value, Sizes> known;
  unsigned numUnknown = 0;
};

} // namespace weft

#endif // DIALECTS_LLM_ANALYSIS_SIZEANALYSIS_H
