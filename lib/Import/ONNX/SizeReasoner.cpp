//===- SizeReasoner.cpp - What a model says of its sizes ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/SizeReasoner.h"

#include <set>

using namespace weft;
using namespace weft::onnx;

SizeFacts SizeReasoner::of(std::string_view symbol) const {
  auto it = learned.find(symbol);
  return it == learned.end() ? SizeFacts{1, defaultMaximum, 1} : it->second;
}

SizeFacts SizeReasoner::of(const SizeExpr &expr) const {
  return factsOf(expr, [&](std::string_view symbol) { return of(symbol); });
}

bool SizeReasoner::isAtMost(const SizeExpr &lhs, const SizeExpr &rhs) const {
  SizeExpr difference = rhs - lhs;
  return difference.isValid() && of(difference).minimum >= 0;
}

bool SizeReasoner::isLess(const SizeExpr &lhs, const SizeExpr &rhs) const {
  SizeExpr difference = rhs - lhs;
  return difference.isValid() && of(difference).minimum >= 1;
}

bool SizeReasoner::isReasonable(const SizeExpr &expr) {
  constexpr size_t longestText = 500;
  return expr.isValid() &&
         (expr.isConstant() || expr.str().size() <= longestText);
}

SizeExpr SizeReasoner::minOf(const SizeExpr &lhs, const SizeExpr &rhs) const {
  if (isAtMost(lhs, rhs))
    return lhs;
  return isAtMost(rhs, lhs) ? rhs : min(lhs, rhs);
}

SizeExpr SizeReasoner::maxOf(const SizeExpr &lhs, const SizeExpr &rhs) const {
  if (isAtMost(lhs, rhs))
    return rhs;
  return isAtMost(rhs, lhs) ? lhs : max(lhs, rhs);
}

bool SizeReasoner::learnAtMost(const SizeExpr &size, int64_t maximum) {
  std::set<std::string> symbols;
  size.collectSymbols(symbols);
  if (symbols.size() != 1)
    return false;
  // size = factor * symbol + constant?
  auto at = [&](int64_t value) {
    return size.evaluate([&](std::string_view) { return value; });
  };
  StatusOr<int64_t> zero = at(0), one = at(1);
  if (!zero || !one)
    return false;
  SizeExpr symbol = SizeExpr::symbol(*symbols.begin());
  SizeExpr factor = SizeExpr(*one) - SizeExpr(*zero);
  if (!(size == factor * symbol + SizeExpr(*zero)))
    return false;
  SizeExpr limit = SizeExpr(maximum) - SizeExpr(*zero);
  if (!factor.asConstant() || *factor.asConstant() < 1 || !limit.asConstant())
    return false;

  SizeFacts facts = of(*symbols.begin());
  int64_t greatest = *limit.asConstant() / *factor.asConstant();
  if (greatest < facts.minimum)
    return false;
  if (greatest < facts.maximum) {
    facts.maximum = greatest;
    learned[*symbols.begin()] = facts;
    ++numLearned;
  }
  return true;
}

std::optional<SizeExpr> SizeReasoner::unify(const SizeExpr &lhs,
                                            const SizeExpr &rhs) {
  if (lhs == rhs)
    return lhs;
  for (auto [whole, cut] : {std::pair(lhs, rhs), std::pair(rhs, lhs)}) {
    // cut = min(whole, limit)? It is the limit where the symbols are large.
    StatusOr<int64_t> limit = cut.evaluate(
        [&](std::string_view symbol) { return of(symbol).maximum; });
    if (limit && min(whole, SizeExpr(*limit)) == cut &&
        learnAtMost(whole, *limit))
      return whole;
  }
  return std::nullopt;
}
