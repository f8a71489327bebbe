//===- SizeParameters.h - Sizes as parameters of a function -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CONVERSION_LLMTOEXEC_SIZEPARAMETERS_H
#define LIB_CONVERSION_LLMTOEXEC_SIZEPARAMETERS_H

#include "dialects/LLM/IR/LLM.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace weft {

/// Names size symbols and mesh coordinates s0, s1, ... in the order in which a
/// function mentions them, so that its code knows neither model nor rank.
class SizeParameters {
public:
  void add(llvm::ArrayRef<SizeExpr> exprs);
  /// All sizes in the attributes of the ops in `region`.
  void add(mlir::Region &region);

  SizesAttr rename(SizesAttr attr) const;
  /// Renames all sizes in attributes of `function`, and says in `exec.sizes`
  /// how many parameters it has.
  void apply(mlir::func::FuncOp function) const;

  /// The value of each parameter: a symbol or a coordinate.
  const Sizes &getValues() const { return values; }

private:
  llvm::StringMap<size_t> parameters;
  Sizes values;
};

} // namespace weft

#endif // LIB_CONVERSION_LLMTOEXEC_SIZEPARAMETERS_H
