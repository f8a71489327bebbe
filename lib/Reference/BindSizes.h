//===- BindSizes.h - Sizes from the shapes of inputs ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_BINDSIZES_H
#define LIB_REFERENCE_BINDSIZES_H

#include "dialects/Dist/IR/Mesh.h"
#include "dialects/LLM/Analysis/SizeAnalysis.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <map>

namespace weft {

/// A value for each size symbol and each coordinate.
class SizeBinding {
public:
  void bind(std::string symbol, int64_t value) {
    values.insert_or_assign(std::move(symbol), value);
  }
  /// Adds what `other` knows.
  void bind(const SizeBinding &other) {
    for (const auto &[symbol, value] : other.values)
      bind(symbol, value);
  }
  std::optional<int64_t> lookup(std::string_view symbol) const {
    auto it = values.find(symbol);
    return it == values.end() ? std::nullopt : std::optional(it->second);
  }
  /// "batch = 2, sequence = 7", in the order of the names.
  std::string str() const;
  /// For SizeExpr::evaluate; lives as long as this does.
  SizeExpr::Values asValues() const {
    return [this](std::string_view symbol) { return lookup(symbol); };
  }

private:
  std::map<std::string, int64_t, std::less<>> values;
};

/// The coordinates of a rank, as SizeExpr asks for them: `coord("tp")`.
SizeBinding coordinatesOf(const dist::Mesh &mesh, int64_t rank);

/// Solves the sizes of the function's arguments for their symbols: shapes [2,
/// 7] of an argument of sizes [batch, sequence] say batch = 2. Shapes that
/// disagree, with each other or with the range of a symbol, are an error at the
/// function. A symbol whose range holds one value needs no argument.
mlir::FailureOr<SizeBinding>
bindSizes(mlir::func::FuncOp function, SizeAnalysis &sizes,
          llvm::ArrayRef<llvm::ArrayRef<int64_t>> shapes);

} // namespace weft

#endif // LIB_REFERENCE_BINDSIZES_H
