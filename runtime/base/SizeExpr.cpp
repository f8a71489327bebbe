//===- SizeExpr.cpp - Symbolic sizes --------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/SizeExpr.h"
#include "runtime/base/SizeExprAlgebra.h"

#include <algorithm>
#include <limits>

using namespace weft;

using Algebra = SizeExprAlgebra;

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

SizeExpr::SizeExpr(int64_t constant) {
  // The smallest number has no negation and no text: it counts as overflow.
  if (constant == std::numeric_limits<int64_t>::min())
    valid = false;
  else if (constant != 0)
    terms.emplace(Monomial{}, constant);
}

bool SizeExpr::isSymbolName(std::string_view name) {
  auto isLetter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || !isLetter(name.front()))
    return false;
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return isLetter(c) || (c >= '0' && c <= '9') || c == '.';
  });
}

SizeExpr SizeExpr::symbol(std::string_view name) {
  if (!isSymbolName(name))
    return Algebra::invalid();
  return ofAtom(Function::Symbol, std::string(name), {});
}

SizeExpr SizeExpr::coordinate(std::string_view axis) {
  if (!isSymbolName(axis))
    return Algebra::invalid();
  return ofAtom(Function::Coordinate, std::string(axis), {});
}

SizeExpr SizeExpr::ofAtom(Function function, std::string name,
                          std::vector<SizeExpr> arguments) {
  uint64_t weight = 1;
  unsigned depth = 0;
  for (const SizeExpr &argument : arguments) {
    weight += Algebra::weight(argument);
    depth = std::max(depth, Algebra::depth(argument) + 1);
  }
  if (weight > Algebra::maximumWeight || depth > Algebra::maximumDepth)
    return Algebra::invalid();
  auto atom = std::make_shared<const Atom>(
      Atom{function, std::move(name), std::move(arguments), weight, depth});
  return Algebra::ofTerm({std::move(atom)}, 1);
}

SizeExpr SizeExpr::apply(Function function, const SizeExpr &lhs,
                         const SizeExpr &rhs) {
  switch (function) {
  case Function::FloorDiv:
    return floorDiv(lhs, rhs);
  case Function::CeilDiv:
    return ceilDiv(lhs, rhs);
  case Function::Mod:
    return mod(lhs, rhs);
  case Function::Min:
    return min(lhs, rhs);
  case Function::Max:
    return max(lhs, rhs);
  case Function::Symbol:
  case Function::Coordinate:
    break;
  }
  assert(false && "not a function of two sizes");
  return Algebra::invalid();
}

SizeExpr Algebra::invalid() {
  SizeExpr expr;
  expr.valid = false;
  return expr;
}

SizeExpr Algebra::ofTerm(const Monomial &monomial, int64_t coefficient) {
  SizeExpr expr;
  if (!addTerm(expr, monomial, coefficient))
    return invalid();
  return expr;
}

bool Algebra::addTerm(SizeExpr &expr, const Monomial &monomial,
                      int64_t coefficient) {
  if (coefficient == 0)
    return true;
  auto [it, isNew] = expr.terms.try_emplace(monomial, 0);
  if (__builtin_add_overflow(it->second, coefficient, &it->second) ||
      it->second == std::numeric_limits<int64_t>::min())
    return false;
  if (it->second == 0)
    expr.terms.erase(it);
  return true;
}

uint64_t Algebra::weight(const SizeExpr &expr) {
  uint64_t total = 0;
  for (const auto &[monomial, coefficient] : expr.terms) {
    total += 1;
    for (const AtomRef &atom : monomial)
      total += atom->weight;
  }
  return total;
}

unsigned Algebra::depth(const SizeExpr &expr) {
  unsigned deepest = 0;
  for (const auto &[monomial, coefficient] : expr.terms)
    for (const AtomRef &atom : monomial)
      deepest = std::max(deepest, atom->depth);
  return deepest;
}

SizeExpr Algebra::bounded(SizeExpr expr) {
  if (weight(expr) > maximumWeight)
    return invalid();
  return expr;
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

int Algebra::compare(const AtomRef &lhs, const AtomRef &rhs) {
  if (lhs == rhs)
    return 0;
  if (lhs->function != rhs->function)
    return lhs->function < rhs->function ? -1 : 1;
  if (int order = lhs->name.compare(rhs->name))
    return order < 0 ? -1 : 1;
  for (size_t i = 0; i != lhs->arguments.size(); ++i)
    if (int order = compare(lhs->arguments[i], rhs->arguments[i]))
      return order;
  return 0;
}

// Higher degrees first, then lexicographic: an order that multiplication
// keeps, as polynomial division needs.
int Algebra::compare(const Monomial &lhs, const Monomial &rhs) {
  if (lhs.size() != rhs.size())
    return lhs.size() > rhs.size() ? -1 : 1;
  for (size_t i = 0; i != lhs.size(); ++i)
    if (int order = compare(lhs[i], rhs[i]))
      return order;
  return 0;
}

int Algebra::compare(const SizeExpr &lhs, const SizeExpr &rhs) {
  if (lhs.valid != rhs.valid)
    return lhs.valid ? -1 : 1;
  auto left = lhs.terms.begin(), right = rhs.terms.begin();
  for (; left != lhs.terms.end() && right != rhs.terms.end(); ++left, ++right) {
    if (int order = compare(left->first, right->first))
      return order;
    if (left->second != right->second)
      return left->second < right->second ? -1 : 1;
  }
  if (left == lhs.terms.end())
    return right == rhs.terms.end() ? 0 : -1;
  return 1;
}

bool SizeExpr::AtomLess::operator()(const AtomRef &lhs,
                                    const AtomRef &rhs) const {
  return Algebra::compare(lhs, rhs) < 0;
}

bool SizeExpr::MonomialLess::operator()(const Monomial &lhs,
                                        const Monomial &rhs) const {
  return Algebra::compare(lhs, rhs) < 0;
}

bool weft::operator==(const SizeExpr &lhs, const SizeExpr &rhs) {
  return Algebra::compare(lhs, rhs) == 0;
}

bool weft::operator<(const SizeExpr &lhs, const SizeExpr &rhs) {
  return Algebra::compare(lhs, rhs) < 0;
}

//===----------------------------------------------------------------------===//
// Sums and products
//===----------------------------------------------------------------------===//

std::optional<int64_t> SizeExpr::asConstant() const {
  if (!valid || terms.size() > 1)
    return std::nullopt;
  if (terms.empty())
    return 0;
  const auto &[monomial, coefficient] = *terms.begin();
  return monomial.empty() ? std::optional(coefficient) : std::nullopt;
}

void Algebra::accumulate(SizeExpr &lhs, const SizeExpr &rhs, int64_t sign) {
  bool fits = lhs.valid && rhs.valid;
  if (fits)
    for (const auto &[monomial, coefficient] : rhs.terms)
      fits &= addTerm(lhs, monomial, sign * coefficient);
  if (!fits)
    lhs = invalid();
}

SizeExpr weft::operator+(const SizeExpr &lhs, const SizeExpr &rhs) {
  SizeExpr sum = lhs;
  Algebra::accumulate(sum, rhs, 1);
  return Algebra::bounded(std::move(sum));
}

SizeExpr weft::operator-(const SizeExpr &lhs, const SizeExpr &rhs) {
  SizeExpr difference = lhs;
  Algebra::accumulate(difference, rhs, -1);
  return Algebra::bounded(std::move(difference));
}

SizeExpr weft::operator*(const SizeExpr &lhs, const SizeExpr &rhs) {
  // The bound on the work is the one on the result, before it is merged.
  if (!lhs.valid || !rhs.valid ||
      lhs.terms.size() * rhs.terms.size() > Algebra::maximumWeight)
    return Algebra::invalid();
  SizeExpr product;
  uint64_t weight = 0;
  for (const auto &[left, leftCoefficient] : lhs.terms) {
    for (const auto &[right, rightCoefficient] : rhs.terms) {
      int64_t coefficient;
      if (__builtin_mul_overflow(leftCoefficient, rightCoefficient,
                                 &coefficient) ||
          left.size() + right.size() > Algebra::maximumDegree)
        return Algebra::invalid();
      SizeExpr::Monomial merged;
      merged.reserve(left.size() + right.size());
      std::merge(left.begin(), left.end(), right.begin(), right.end(),
                 std::back_inserter(merged), SizeExpr::AtomLess());
      for (const SizeExpr::AtomRef &atom : merged)
        weight += atom->weight;
      if (++weight > 4 * Algebra::maximumWeight ||
          !Algebra::addTerm(product, merged, coefficient))
        return Algebra::invalid();
    }
  }
  return Algebra::bounded(std::move(product));
}

//===----------------------------------------------------------------------===//
// Use
//===----------------------------------------------------------------------===//

SizeExpr SizeExpr::substitute(const Substitution &substitution) const {
  if (!valid)
    return *this;
  SizeExpr result;
  for (const auto &[monomial, coefficient] : terms) {
    SizeExpr product(coefficient);
    for (const AtomRef &atom : monomial) {
      SizeExpr factor = Algebra::ofTerm({atom}, 1);
      if (atom->function == Function::Symbol) {
        if (std::optional<SizeExpr> replacement = substitution(atom->name))
          factor = std::move(*replacement);
      } else if (atom->function == Function::Coordinate) {
        if (std::optional<SizeExpr> replacement =
                substitution("coord(\"" + atom->name + "\")"))
          factor = std::move(*replacement);
      } else {
        factor =
            apply(atom->function, atom->arguments[0].substitute(substitution),
                  atom->arguments[1].substitute(substitution));
      }
      product = product * factor;
    }
    result = result + product;
  }
  return result;
}

void SizeExpr::collectSymbols(std::set<std::string> &names) const {
  for (const auto &[monomial, coefficient] : terms)
    for (const AtomRef &atom : monomial) {
      if (atom->function == Function::Symbol)
        names.insert(atom->name);
      for (const SizeExpr &argument : atom->arguments)
        argument.collectSymbols(names);
    }
}
