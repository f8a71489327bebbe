//===- Matchers.h - What raising patterns look for --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exporters write one formula in many ways: operands swapped, a division for a
// multiplication, constants of any rank. A pattern flattens a formula first and
// then compares:
//
//   // 0.5 * x * (1 + erf(x / 1.41421)), in any order and grouping
//   Product product = Product::of(mul);
//   if (isClose(product.constant, 0.5) && product.factors.size() == 2) ...
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_MATCHERS_H
#define DIALECTS_LLM_TRANSFORMS_MATCHERS_H

#include "dialects/LLM/IR/LLM.h"

#include "mlir/IR/PatternMatch.h"
#include <optional>

namespace weft {

/// Moves elements without computing; not a reshape, which moves none.
bool isLayout(mlir::Operation *op);
/// One result element from the operands' elements at the same place.
bool isElementwise(mlir::Operation *op);

/// The one value of a floating-point constant, of any shape.
std::optional<double> matchSplat(mlir::Value value);

/// Equal to within a few units of f32's last place, as an exporter rounds.
bool isClose(double lhs, double rhs);
inline bool isSplat(mlir::Value value, double expected) {
  std::optional<double> splat = matchSplat(value);
  return splat && isClose(*splat, expected);
}

/// A product with its constants gathered: mul, div by a constant, and pow with
/// exponent 2 or 3 are looked through. An inner value with other users is a
/// factor: looking through it would compute it twice. At most 16 ops are looked
/// through.
struct Product {
  double constant = 1.0;
  llvm::SmallVector<mlir::Value, 4> factors;
  /// The ops looked through, the product's own first.
  llvm::SmallVector<mlir::Operation *, 4> ops;

  /// `value` as a product; just {1, value} if it is none.
  static Product of(mlir::Value value);
};

/// `value` is x + y; calls `match(x, y)`, then `match(y, x)`, until one returns
/// true. Same for any op with two operands.
template <typename OpT>
bool matchCommuted(
    mlir::Value value,
    llvm::function_ref<bool(OpT op, mlir::Value, mlir::Value)> match) {
  auto op = value.getDefiningOp<OpT>();
  if (!op)
    return false;
  return match(op, op.getLhs(), op.getRhs()) ||
         match(op, op.getRhs(), op.getLhs());
}

/// The ops behind a value that is known before the model runs: weights,
/// constants, and at most 64 ops on only those. Nothing for any other value.
llvm::SmallVector<mlir::Operation *> findWeightSlice(mlir::Value value);
inline bool isWeightLike(mlir::Value value) {
  return !findWeightSlice(value).empty();
}

/// A vector of `size` elements held as [size] or [1, ..., 1, size].
bool isVectorOf(mlir::Value value, int64_t size);
/// That vector as [size].
mlir::Value asVector(mlir::OpBuilder &builder, mlir::Value vector);

/// `value` with its dimensions permuted.
mlir::Value transpose(mlir::OpBuilder &builder, mlir::Location location,
                      mlir::Value value, llvm::ArrayRef<int64_t> permutation);

/// Where all of `ops` came from; duplicates once.
mlir::Location fuseLocations(llvm::ArrayRef<mlir::Operation *> ops);

/// True when fusing `ops` would compute `op` twice: something else uses it too.
bool hasOtherUsers(mlir::Operation *op, llvm::ArrayRef<mlir::Operation *> ops);

} // namespace weft

#endif // DIALECTS_LLM_TRANSFORMS_MATCHERS_H
