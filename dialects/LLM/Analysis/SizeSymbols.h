//===- SizeSymbols.h - What a module says of its sizes ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_ANALYSIS_SIZESYMBOLS_H
#define DIALECTS_LLM_ANALYSIS_SIZESYMBOLS_H

#include "runtime/base/SizeExprBounds.h"

#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringMap.h"

namespace weft {

/// The size symbols of a module, with range and divisor.
class SizeSymbols {
public:
  /// Of `operation` when it is a module, else of the module around it.
  explicit SizeSymbols(mlir::Operation *operation);

  /// What `llm.size` says; [1, 2^31) for a symbol without one.
  SizeFacts of(llvm::StringRef symbol) const;
  bool isDeclared(llvm::StringRef symbol) const {
    return symbols.contains(symbol);
  }

  /// Facts that hold for all values of the symbols; not always the tightest.
  SizeFacts of(const SizeExpr &expr) const;
  /// Proofs: false means "not proved".
  bool isAtMost(const SizeExpr &lhs, const SizeExpr &rhs) const {
    return of(rhs - lhs).minimum >= 0;
  }
  bool isLess(const SizeExpr &lhs, const SizeExpr &rhs) const {
    return of(rhs - lhs).minimum >= 1;
  }
  bool isMultipleOf(const SizeExpr &expr, int64_t divisor) const {
    return of(expr).divisor % divisor == 0;
  }

private:
  llvm::StringMap<SizeFacts> symbols;
};

} // namespace weft

#endif // DIALECTS_LLM_ANALYSIS_SIZESYMBOLS_H
