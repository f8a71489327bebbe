//===- SizeExpr.h - Symbolic sizes ------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one form of symbolic sizes, shared by compiler and runtime:
//
//   SizeExpr batch = SizeExpr::symbol("batch");
//   SizeExpr rows = batch * SizeExpr::symbol("sequence");
//   (rows * 384).str()                            // "384*batch*sequence"
//   floorDiv(rows * 384, rows * 32).asConstant()  // 12
//   ceilDiv(rows, 16).evaluate(values)            // a number, or an error
//
// An expression is kept in normal form: a polynomial with integer coefficients
// over atoms, where an atom is a symbol or a quotient, remainder, minimum,
// maximum or mesh coordinate of normal forms. Equal polynomials compare equal.
// Arithmetic on coefficients that leaves 64 bits, an expression that grows
// beyond reason (4,096 atoms, degree 64, 64 nested functions) and a constant
// divisor below 1 make an expression invalid: evaluating it is an error, and so
// is everything computed from it.
//
// Sizes are at least 1 where a division cancels them: floorDiv(x*y, x) is y.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_SIZEEXPR_H
#define RUNTIME_BASE_SIZEEXPR_H

#include "weft/Status.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

class SizeExpr {
public:
  /// Zero.
  SizeExpr() = default;
  SizeExpr(int64_t constant);
  /// A symbol: a letter or '_', then letters, digits, '_', '.'.
  static SizeExpr symbol(std::string_view name);
  /// This rank's coordinate on a mesh axis.
  static SizeExpr coordinate(std::string_view axis);

  /// Reads the text form, for example "ceildiv(batch*sequence, 16)":
  ///   sum     := ['-'] product (('+' | '-') product)*
  ///   product := factor ('*' factor)*
  ///   factor  := integer | symbol | '(' sum ')' | function
  ///   function:= ('ceildiv' | 'floordiv' | 'mod' | 'min' | 'max')
  ///              '(' sum ',' sum ')' | 'coord' '(' '"' axis '"' ')'
  /// Hostile text is an error: its length, depth and number of terms are
  /// bounded.
  static StatusOr<SizeExpr> parse(std::string_view text);

  /// True for a name that `symbol` takes.
  static bool isSymbolName(std::string_view name);

  /// The canonical text: parse(e.str()) == e.
  std::string str() const;

  /// False after arithmetic that left 64 bits (see above).
  bool isValid() const { return valid; }
  bool isConstant() const { return asConstant().has_value(); }
  std::optional<int64_t> asConstant() const;

  friend SizeExpr operator+(const SizeExpr &lhs, const SizeExpr &rhs);
  friend SizeExpr operator-(const SizeExpr &lhs, const SizeExpr &rhs);
  friend SizeExpr operator*(const SizeExpr &lhs, const SizeExpr &rhs);
  friend SizeExpr floorDiv(const SizeExpr &lhs, const SizeExpr &rhs);
  friend SizeExpr ceilDiv(const SizeExpr &lhs, const SizeExpr &rhs);
  /// lhs - floorDiv(lhs, rhs) * rhs.
  friend SizeExpr mod(const SizeExpr &lhs, const SizeExpr &rhs);
  friend SizeExpr min(const SizeExpr &lhs, const SizeExpr &rhs);
  friend SizeExpr max(const SizeExpr &lhs, const SizeExpr &rhs);
  /// lhs / rhs when rhs divides lhs as a polynomial (sizes are positive).
  friend std::optional<SizeExpr> exactDiv(const SizeExpr &lhs,
                                          const SizeExpr &rhs);

  friend bool operator==(const SizeExpr &lhs, const SizeExpr &rhs);
  friend bool operator<(const SizeExpr &lhs, const SizeExpr &rhs);

  /// Value of a symbol; coordinates are asked for as "coord(\"axis\")".
  using Values = std::function<std::optional<int64_t>(std::string_view)>;
  /// Fails on an unknown symbol, overflow of 64 bits, or division by a number
  /// below 1.
  StatusOr<int64_t> evaluate(const Values &values) const;

  /// Replaces symbols; those without a value stay.
  using Substitution = std::function<std::optional<SizeExpr>(std::string_view)>;
  SizeExpr substitute(const Substitution &substitution) const;

  /// Another way to compute an expression, for example as instructions. Values
  /// are opaque pointers.
  class Lowering {
  public:
    virtual ~Lowering() = default;
    virtual void *constant(int64_t value) = 0;
    virtual void *symbol(std::string_view name) = 0;
    virtual void *add(void *lhs, void *rhs) = 0;
    virtual void *multiply(void *lhs, void *rhs) = 0;
    /// `function` is "floordiv", "ceildiv", "mod", "min" or "max".
    virtual void *apply(std::string_view function, void *lhs, void *rhs) = 0;
  };
  /// Coordinates are asked for as symbols "coord(\"axis\")".
  void *lower(Lowering &lowering) const;

  /// Adds the names of all symbols (not coordinates) to `names`.
  void collectSymbols(std::set<std::string> &names) const;

private:
  struct Atom;
  using AtomRef = std::shared_ptr<const Atom>;
  struct AtomLess {
    bool operator()(const AtomRef &lhs, const AtomRef &rhs) const;
  };
  /// Atoms of one product, sorted; repeated for a power.
  using Monomial = std::vector<AtomRef>;
  struct MonomialLess {
    bool operator()(const Monomial &lhs, const Monomial &rhs) const;
  };
  enum class Function { Symbol, Coordinate, FloorDiv, CeilDiv, Mod, Min, Max };

  static SizeExpr ofAtom(Function function, std::string name,
                         std::vector<SizeExpr> arguments);
  static SizeExpr apply(Function function, const SizeExpr &lhs,
                        const SizeExpr &rhs);
  class Parser;
  friend struct SizeExprAlgebra;

  /// Coefficients, none of them zero.
  std::map<Monomial, int64_t, MonomialLess> terms;
  bool valid = true;
};

} // namespace weft

#endif // RUNTIME_BASE_SIZEEXPR_H
