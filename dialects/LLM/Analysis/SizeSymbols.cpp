//===- SizeSymbols.cpp - What a module says of its sizes ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Analysis/SizeSymbols.h"

#include "dialects/LLM/IR/LLM.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace weft;

/// Of a symbol that nothing declares: a tensor's dimension.
static constexpr SizeFacts anySize{1, (int64_t(1) << 31) - 1, 1};

SizeSymbols::SizeSymbols(Operation *operation) {
  auto module = dyn_cast<ModuleOp>(operation);
  if (!module)
    module = operation->getParentOfType<ModuleOp>();
  if (!module)
    return;
  for (SizeOp size : module.getOps<SizeOp>())
    symbols[size.getSymName()] =
        SizeFacts{static_cast<int64_t>(size.getMinimum()),
                  static_cast<int64_t>(size.getMaximum()),
                  static_cast<int64_t>(size.getDivisor())};
}

SizeFacts SizeSymbols::of(StringRef symbol) const {
  auto it = symbols.find(symbol);
  return it == symbols.end() ? anySize : it->second;
}

SizeFacts SizeSymbols::of(const SizeExpr &expr) const {
  return factsOf(expr,
                 [this](std::string_view name) -> std::optional<SizeFacts> {
                   if (!SizeExpr::isSymbolName(name))
                     return SizeFacts{0, SizeFacts::highest, 1}; // a coordinate
                   return of(StringRef(name.data(), name.size()));
                 });
}
