//===- SizeExprAlgebra.h - Inside of symbolic sizes -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared by the SizeExpr*.cpp files only.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_SIZEEXPRALGEBRA_H
#define RUNTIME_BASE_SIZEEXPRALGEBRA_H

#include "runtime/base/SizeExpr.h"
#include "runtime/base/SizeExprBounds.h"

namespace weft {

struct SizeExpr::Atom {
  Function function;
  std::string name; // of a symbol or an axis
  std::vector<SizeExpr> arguments;
  /// Atoms in the tree below and this one; nested functions. Bounding both
  /// bounds every recursion over an expression.
  uint64_t weight;
  unsigned depth;
};

struct SizeExprAlgebra {
  using Function = SizeExpr::Function;
  using Monomial = SizeExpr::Monomial;
  using AtomRef = SizeExpr::AtomRef;

  static constexpr uint64_t maximumWeight = 4096;
  static constexpr size_t maximumDegree = 64;
  static constexpr unsigned maximumDepth = 64;

  static SizeExpr invalid();
  static SizeExpr ofTerm(const Monomial &monomial, int64_t coefficient);
  /// Adds coefficient * monomial; false when it leaves 64 bits.
  [[nodiscard]] static bool addTerm(SizeExpr &expr, const Monomial &monomial,
                                    int64_t coefficient);
  /// lhs += sign * rhs, without the bound on the result's weight.
  static void accumulate(SizeExpr &lhs, const SizeExpr &rhs, int64_t sign);
  /// `expr`, or an invalid one when it grew too large.
  static SizeExpr bounded(SizeExpr expr);
  static uint64_t weight(const SizeExpr &expr);
  static unsigned depth(const SizeExpr &expr);

  static int compare(const SizeExpr &lhs, const SizeExpr &rhs);
  static int compare(const AtomRef &lhs, const AtomRef &rhs);
  static int compare(const Monomial &lhs, const Monomial &rhs);

  /// The coefficient of the constant term.
  static int64_t constantTerm(const SizeExpr &expr);
  /// The atom, when `expr` is 1 * atom.
  static const SizeExpr::Atom *asAtom(const SizeExpr &expr);
  /// lhs / rhs when rhs divides lhs.
  static std::optional<Monomial> divide(const Monomial &lhs,
                                        const Monomial &rhs);
  /// Normal form of floordiv, ceildiv or mod.
  static SizeExpr quotient(Function function, const SizeExpr &lhs,
                           const SizeExpr &rhs);
  static SizeExpr divideByConstant(Function function, const SizeExpr &lhs,
                                   int64_t divisor);
  static SizeExpr divideByTerm(Function function, const SizeExpr &lhs,
                               const Monomial &monomial, int64_t coefficient);
  /// Bounds by interval arithmetic alone.
  static SizeFacts intervalOf(const SizeExpr &expr, const SymbolFacts &symbols);
  /// Normal form of min or max.
  static SizeExpr extremum(Function function, const SizeExpr &lhs,
                           const SizeExpr &rhs);
};

} // namespace weft

#endif // RUNTIME_BASE_SIZEEXPRALGEBRA_H
