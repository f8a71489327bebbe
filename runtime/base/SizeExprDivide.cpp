//===- SizeExprDivide.cpp - Quotients of symbolic sizes -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Normal forms of floordiv, ceildiv, mod, min and max. Terms that the divisor
// divides leave the function, common factors cancel, and of floordiv(x + 15,
// 16) and ceildiv(x, 16) only the second is kept.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/SizeExprAlgebra.h"

#include <algorithm>
#include <numeric>

using namespace weft;

using Algebra = SizeExprAlgebra;

static int64_t floorDivide(int64_t lhs, int64_t rhs) {
  return lhs / rhs - (lhs % rhs < 0 ? 1 : 0);
}

static int64_t floorRemainder(int64_t lhs, int64_t rhs) {
  return lhs % rhs + (lhs % rhs < 0 ? rhs : 0);
}

int64_t Algebra::constantTerm(const SizeExpr &expr) {
  auto it = expr.terms.find(Monomial());
  return it == expr.terms.end() ? 0 : it->second;
}

const SizeExpr::Atom *Algebra::asAtom(const SizeExpr &expr) {
  if (expr.terms.size() != 1)
    return nullptr;
  const auto &[monomial, coefficient] = *expr.terms.begin();
  return monomial.size() == 1 && coefficient == 1 ? monomial[0].get() : nullptr;
}

std::optional<SizeExpr::Monomial> Algebra::divide(const Monomial &lhs,
                                                  const Monomial &rhs) {
  if (!std::includes(lhs.begin(), lhs.end(), rhs.begin(), rhs.end(),
                     SizeExpr::AtomLess()))
    return std::nullopt;
  Monomial quotient;
  std::set_difference(lhs.begin(), lhs.end(), rhs.begin(), rhs.end(),
                      std::back_inserter(quotient), SizeExpr::AtomLess());
  return quotient;
}

std::optional<SizeExpr> weft::exactDiv(const SizeExpr &lhs,
                                       const SizeExpr &rhs) {
  if (!lhs.valid || !rhs.valid || rhs.terms.empty())
    return std::nullopt;
  const auto &[leading, leadingCoefficient] = *rhs.terms.begin();
  SizeExpr quotient;
  if (rhs.terms.size() == 1) {
    for (const auto &[monomial, coefficient] : lhs.terms) {
      std::optional<SizeExpr::Monomial> factor =
          Algebra::divide(monomial, leading);
      if (!factor || coefficient % leadingCoefficient != 0 ||
          !Algebra::addTerm(quotient, *factor,
                            coefficient / leadingCoefficient))
        return std::nullopt;
    }
    return quotient;
  }
  // Each step removes the leading term; quotients of more than 64 terms are not
  // worth the time that hostile ones would take.
  SizeExpr rest = lhs;
  for (int step = 0; !rest.terms.empty(); ++step) {
    const auto &[monomial, coefficient] = *rest.terms.begin();
    std::optional<SizeExpr::Monomial> factor =
        Algebra::divide(monomial, leading);
    if (!factor || coefficient % leadingCoefficient != 0 || step == 64)
      return std::nullopt;
    SizeExpr term = Algebra::ofTerm(*factor, coefficient / leadingCoefficient);
    Algebra::accumulate(quotient, term, 1);
    Algebra::accumulate(rest, term * rhs, -1);
    if (!rest.valid || !quotient.valid)
      return std::nullopt;
  }
  return quotient;
}

SizeExpr Algebra::divideByConstant(Function function, const SizeExpr &lhs,
                                   int64_t divisor) {
  // lhs = divisor * quotient + rest, where rest has the terms that are no
  // multiples, and a constant in [0, divisor).
  bool isMod = function == Function::Mod;
  SizeExpr quotient, rest;
  int64_t constant = 0, common = divisor;
  bool fits = true;
  for (const auto &[monomial, coefficient] : lhs.terms) {
    if (monomial.empty()) {
      constant = floorRemainder(coefficient, divisor);
      fits &= addTerm(quotient, monomial, floorDivide(coefficient, divisor));
    } else if (coefficient % divisor == 0) {
      fits &= addTerm(quotient, monomial, coefficient / divisor);
    } else {
      int64_t kept = isMod ? floorRemainder(coefficient, divisor) : coefficient;
      common = std::gcd(common, kept);
      fits &= addTerm(rest, monomial, kept);
    }
  }
  if (function == Function::CeilDiv) {
    // ceildiv(a, d) = floordiv(a + d - 1, d).
    int64_t remainder = constant;
    constant = remainder == 0 ? divisor - 1 : remainder - 1;
    fits &= remainder == 0 || addTerm(quotient, Monomial(), 1);
  }
  if (!fits)
    return invalid();
  if (rest.terms.empty())
    return isMod ? SizeExpr(constant) : quotient;

  // (g*y + k) / (g*d) = (y + floor(k/g)) / d.
  int64_t low = constant % common;
  constant /= common;
  divisor /= common;
  SizeExpr reduced;
  for (const auto &[monomial, coefficient] : rest.terms)
    fits &= addTerm(reduced, monomial, coefficient / common);
  const SizeExpr::Atom *atom = asAtom(reduced);

  if (isMod) {
    SizeExpr argument = reduced + SizeExpr(constant);
    // A remainder that is smaller already.
    bool isSmall = atom && constant == 0 && atom->function == Function::Mod &&
                   atom->arguments[1].asConstant() &&
                   *atom->arguments[1].asConstant() <= divisor;
    SizeExpr remainder = isSmall
                             ? argument
                             : SizeExpr::ofAtom(Function::Mod, "",
                                                {argument, SizeExpr(divisor)});
    return remainder * SizeExpr(common) + SizeExpr(low);
  }

  bool roundsUp = constant == divisor - 1;
  Function rounding = roundsUp ? Function::CeilDiv : Function::FloorDiv;
  // floordiv(floordiv(x, a), b) = floordiv(x, a*b), and so for ceildiv.
  if (atom && atom->function == rounding && (roundsUp || constant == 0))
    if (std::optional<int64_t> inner = atom->arguments[1].asConstant()) {
      int64_t product;
      if (!__builtin_mul_overflow(*inner, divisor, &product))
        return quotient +
               divideByConstant(rounding, atom->arguments[0], product);
    }
  if (!roundsUp)
    reduced = reduced + SizeExpr(constant);
  return quotient +
         SizeExpr::ofAtom(rounding, "", {reduced, SizeExpr(divisor)});
}

SizeExpr Algebra::divideByTerm(Function function, const SizeExpr &lhs,
                               const Monomial &monomial, int64_t coefficient) {
  SizeExpr quotient, rest;
  bool fits = true;
  for (const auto &[term, factor] : lhs.terms) {
    std::optional<Monomial> divided = divide(term, monomial);
    if (divided && factor % coefficient == 0)
      fits &= addTerm(quotient, *divided, factor / coefficient);
    else
      fits &= addTerm(rest, term, factor);
  }
  if (!fits)
    return invalid();
  bool isMod = function == Function::Mod;
  if (rest.terms.empty())
    return isMod ? SizeExpr() : quotient;

  // What all terms and the divisor share cancels.
  Monomial shared = monomial;
  int64_t common = coefficient;
  for (const auto &[term, factor] : rest.terms) {
    Monomial both;
    std::set_intersection(shared.begin(), shared.end(), term.begin(),
                          term.end(), std::back_inserter(both),
                          SizeExpr::AtomLess());
    shared = std::move(both);
    common = std::gcd(common, factor);
  }
  SizeExpr argument, divisor;
  for (const auto &[term, factor] : rest.terms)
    fits &= addTerm(argument, *divide(term, shared), factor / common);
  fits &= addTerm(divisor, *divide(monomial, shared), coefficient / common);
  if (!fits)
    return invalid();
  SizeExpr result;
  if (std::optional<int64_t> constant = divisor.asConstant())
    result = divideByConstant(function, argument, *constant);
  else
    result = SizeExpr::ofAtom(function, "", {argument, divisor});
  return isMod ? result * ofTerm(shared, common) : quotient + result;
}

SizeExpr Algebra::quotient(Function function, const SizeExpr &lhs,
                           const SizeExpr &rhs) {
  bool isMod = function == Function::Mod;
  if (!lhs.valid || !rhs.valid)
    return invalid();
  if (rhs.asConstant() && *rhs.asConstant() < 1)
    return invalid();
  if (lhs.terms.empty())
    return SizeExpr();
  if (std::optional<SizeExpr> exact = exactDiv(lhs, rhs))
    return isMod ? SizeExpr() : *exact;
  const auto &[monomial, coefficient] = *rhs.terms.begin();
  if (monomial.empty())
    return divideByConstant(function, lhs, coefficient);
  // A divisor with a negative coefficient is positive by values only.
  if (rhs.terms.size() == 1 && coefficient > 0)
    return divideByTerm(function, lhs, monomial, coefficient);
  return SizeExpr::ofAtom(function, "", {lhs, rhs});
}

SizeExpr weft::floorDiv(const SizeExpr &lhs, const SizeExpr &rhs) {
  return Algebra::quotient(SizeExpr::Function::FloorDiv, lhs, rhs);
}

SizeExpr weft::ceilDiv(const SizeExpr &lhs, const SizeExpr &rhs) {
  return Algebra::quotient(SizeExpr::Function::CeilDiv, lhs, rhs);
}

SizeExpr weft::mod(const SizeExpr &lhs, const SizeExpr &rhs) {
  return Algebra::quotient(SizeExpr::Function::Mod, lhs, rhs);
}

SizeExpr Algebra::extremum(Function function, const SizeExpr &lhs,
                           const SizeExpr &rhs) {
  if (!lhs.valid || !rhs.valid)
    return invalid();
  SizeExpr difference = lhs - rhs;
  if (std::optional<int64_t> constant = difference.asConstant())
    return (*constant < 0) == (function == Function::Min) ? lhs : rhs;
  bool ordered = compare(lhs, rhs) < 0;
  return SizeExpr::ofAtom(function, "",
                          {ordered ? lhs : rhs, ordered ? rhs : lhs});
}

SizeExpr weft::min(const SizeExpr &lhs, const SizeExpr &rhs) {
  return Algebra::extremum(SizeExpr::Function::Min, lhs, rhs);
}

SizeExpr weft::max(const SizeExpr &lhs, const SizeExpr &rhs) {
  return Algebra::extremum(SizeExpr::Function::Max, lhs, rhs);
}
