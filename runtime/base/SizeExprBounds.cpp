//===- SizeExprBounds.cpp - What values a size can take -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Interval arithmetic on the normal form. Intervals forget that batch*sequence
// and sequence go together, so bounds are also taken of the expression over
// sequence - 1 and so on: every symbol less its minimum. There, all that grows
// has a coefficient above zero, and batch*sequence - sequence is seen to be at
// least 0.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/SizeExprBounds.h"
#include "runtime/base/SizeExprAlgebra.h"

#include <algorithm>
#include <numeric>

using namespace weft;

using Algebra = SizeExprAlgebra;

static constexpr int64_t lowest = SizeFacts::lowest;
static constexpr int64_t highest = SizeFacts::highest;

static bool isInfinite(int64_t value) {
  return value == lowest || value == highest;
}

static int64_t saturatingMultiply(int64_t lhs, int64_t rhs) {
  int64_t product;
  // Infinity times zero: the zero is exact.
  if (lhs == 0 || rhs == 0)
    return 0;
  if (isInfinite(lhs) || isInfinite(rhs) ||
      __builtin_mul_overflow(lhs, rhs, &product))
    return (lhs < 0) == (rhs < 0) ? highest : lowest;
  return product;
}

static int64_t saturatingAdd(int64_t lhs, int64_t rhs) {
  int64_t sum;
  if (isInfinite(lhs))
    return lhs;
  if (isInfinite(rhs))
    return rhs;
  if (__builtin_add_overflow(lhs, rhs, &sum))
    return lhs < 0 ? lowest : highest;
  return sum;
}

static int64_t floorDivide(int64_t lhs, int64_t rhs) {
  if (isInfinite(lhs))
    return lhs;
  if (isInfinite(rhs))
    return lhs < 0 ? -1 : 0;
  return lhs / rhs - (lhs % rhs < 0 ? 1 : 0);
}

static int64_t ceilDivide(int64_t lhs, int64_t rhs) {
  if (isInfinite(lhs))
    return lhs;
  if (isInfinite(rhs))
    return lhs > 0 ? 1 : 0;
  return lhs / rhs + (lhs % rhs > 0 ? 1 : 0);
}

/// The extremes of a function that is monotonic in each of its arguments.
static SizeFacts cornersOf(int64_t (*function)(int64_t, int64_t),
                           const SizeFacts &lhs, const SizeFacts &rhs) {
  int64_t corners[] = {
      function(lhs.minimum, rhs.minimum), function(lhs.minimum, rhs.maximum),
      function(lhs.maximum, rhs.minimum), function(lhs.maximum, rhs.maximum)};
  auto [least, greatest] = std::minmax_element(corners, corners + 4);
  return {*least, *greatest, 1};
}

static SizeFacts factsOfFunction(SizeExprAlgebra::Function function,
                                 SizeFacts lhs, SizeFacts rhs) {
  using Function = SizeExprAlgebra::Function;
  switch (function) {
  case Function::Min:
    return {std::min(lhs.minimum, rhs.minimum),
            std::min(lhs.maximum, rhs.maximum),
            std::gcd(lhs.divisor, rhs.divisor)};
  case Function::Max:
    return {std::max(lhs.minimum, rhs.minimum),
            std::max(lhs.maximum, rhs.maximum),
            std::gcd(lhs.divisor, rhs.divisor)};
  default:
    break;
  }
  // Evaluation fails unless the divisor is at least 1.
  rhs.minimum = std::max<int64_t>(rhs.minimum, 1);
  rhs.maximum = std::max<int64_t>(rhs.maximum, 1);
  if (function == Function::Mod) {
    SizeFacts facts{0, saturatingAdd(rhs.maximum, -1),
                    std::gcd(lhs.divisor, rhs.divisor)};
    if (lhs.minimum >= 0)
      facts.maximum = std::min(facts.maximum, lhs.maximum);
    return facts;
  }
  SizeFacts facts = cornersOf(
      function == Function::FloorDiv ? floorDivide : ceilDivide, lhs, rhs);
  if (rhs.minimum == rhs.maximum && lhs.divisor % rhs.minimum == 0)
    facts.divisor = std::max<int64_t>(lhs.divisor / rhs.minimum, 1);
  return facts;
}

SizeFacts Algebra::intervalOf(const SizeExpr &expr,
                              const SymbolFacts &symbols) {
  if (!expr.valid)
    return {};
  SizeFacts sum{0, 0, 0};
  for (const auto &[monomial, coefficient] : expr.terms) {
    SizeFacts product{coefficient, coefficient,
                      coefficient < 0 ? -coefficient : coefficient};
    for (const AtomRef &atom : monomial) {
      SizeFacts factor;
      if (atom->function == Function::Symbol)
        factor = symbols(atom->name).value_or(SizeFacts());
      else if (atom->function == Function::Coordinate)
        factor = symbols("coord(\"" + atom->name + "\")").value_or(SizeFacts());
      else
        factor = factsOfFunction(atom->function,
                                 factsOf(atom->arguments[0], symbols),
                                 factsOf(atom->arguments[1], symbols));
      int64_t divisor;
      if (__builtin_mul_overflow(product.divisor, factor.divisor, &divisor))
        divisor = product.divisor;
      product = cornersOf(saturatingMultiply, product, factor);
      product.divisor = divisor;
    }
    sum.minimum = saturatingAdd(sum.minimum, product.minimum);
    sum.maximum = saturatingAdd(sum.maximum, product.maximum);
    sum.divisor = std::gcd(sum.divisor, product.divisor);
  }
  // Zero is a multiple of everything.
  sum.divisor = std::max<int64_t>(sum.divisor, 1);
  return sum;
}

SizeFacts weft::factsOf(const SizeExpr &expr, const SymbolFacts &symbols) {
  SizeFacts facts = Algebra::intervalOf(expr, symbols);
  std::set<std::string> names;
  expr.collectSymbols(names);
  if (names.size() < 1 || facts.minimum == facts.maximum)
    return facts;

  SizeExpr shifted =
      expr.substitute([&](std::string_view name) -> std::optional<SizeExpr> {
        std::optional<SizeFacts> known = symbols(name);
        if (!known || isInfinite(known->minimum) ||
            !SizeExpr::isSymbolName(name))
          return std::nullopt;
        return SizeExpr::symbol(name) + known->minimum;
      });
  SizeFacts aboveMinimum = Algebra::intervalOf(
      shifted, [&](std::string_view name) -> std::optional<SizeFacts> {
        std::optional<SizeFacts> known = symbols(name);
        if (!known || isInfinite(known->minimum) ||
            !SizeExpr::isSymbolName(name))
          return known;
        int64_t maximum = isInfinite(known->maximum)
                              ? highest
                              : saturatingAdd(known->maximum, -known->minimum);
        return SizeFacts{0, maximum, 1};
      });
  facts.minimum = std::max(facts.minimum, aboveMinimum.minimum);
  facts.maximum = std::min(facts.maximum, aboveMinimum.maximum);
  return facts;
}
