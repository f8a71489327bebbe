//===- SizeExprText.cpp - Text form and value of symbolic sizes -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/SizeExprAlgebra.h"

#include <charconv>
#include <limits>

using namespace weft;

using Algebra = SizeExprAlgebra;

static constexpr size_t maximumTextLength = 16 * 1024;

/// By SizeExpr::Function.
static constexpr const char *functionNames[] = {
    "", "", "floordiv", "ceildiv", "mod", "min", "max"};

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

std::string SizeExpr::str() const {
  if (!valid)
    return "<overflow>";
  if (terms.empty())
    return "0";
  std::string text;
  for (const auto &[monomial, coefficient] : terms) {
    if (text.empty())
      text += coefficient < 0 ? "-" : "";
    else
      text += coefficient < 0 ? " - " : " + ";
    int64_t magnitude = coefficient < 0 ? -coefficient : coefficient;
    bool writesNumber = magnitude != 1 || monomial.empty();
    if (writesNumber)
      text += std::to_string(magnitude);
    for (const AtomRef &atom : monomial) {
      if (writesNumber || &atom != &monomial.front())
        text += '*';
      switch (atom->function) {
      case Function::Symbol:
        text += atom->name;
        break;
      case Function::Coordinate:
        text += "coord(\"" + atom->name + "\")";
        break;
      default:
        text += functionNames[static_cast<size_t>(atom->function)];
        text += '(' + atom->arguments[0].str() + ", " +
                atom->arguments[1].str() + ')';
      }
    }
  }
  return text;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

class SizeExpr::Parser {
public:
  explicit Parser(std::string_view text) : text(text) {}

  StatusOr<SizeExpr> parse() {
    SizeExpr expr = sum(0);
    if (failure.empty() && peek() != '\0')
      fail("expected an operator");
    if (failure.empty() && Algebra::weight(expr) > Algebra::maximumWeight)
      fail("it has too many terms");
    if (failure.empty() && !expr.isValid())
      fail("it leaves 64 bits, divides by a constant below 1, or is too large");
    if (failure.empty())
      return expr;
    std::string shown(text.substr(0, 80));
    for (char &c : shown)
      if (c < ' ' || c > '~')
        c = '?';
    return Status::error("size expression '" + shown +
                         (text.size() > 80 ? "...': " : "': ") + failure +
                         " at position " + std::to_string(position));
  }

private:
  void fail(const char *message) {
    if (failure.empty())
      failure = message;
  }

  /// Counts the work that a value took: it may not outgrow the text.
  void spend(const SizeExpr &value) {
    work += Algebra::weight(value);
    if (work > 1024 + 32 * text.size())
      fail("it expands to too many terms");
  }

  char peek() {
    while (position != text.size() && text[position] == ' ')
      ++position;
    // A zero byte inside is a character like any other that is out of place.
    if (position == text.size())
      return '\0';
    return text[position] == '\0' ? '\1' : text[position];
  }

  bool take(char c) {
    if (peek() != c)
      return false;
    ++position;
    return true;
  }

  void expect(char c, const char *message) {
    if (!take(c))
      fail(message);
  }

  SizeExpr sum(unsigned depth) {
    if (depth > Algebra::maximumDepth) {
      fail("nested too deeply");
      return SizeExpr();
    }
    SizeExpr result;
    int64_t sign = take('-') ? -1 : 1;
    do {
      SizeExpr term = product(depth);
      spend(term);
      Algebra::accumulate(result, term, sign);
      sign = take('+') ? 1 : take('-') ? -1 : 0;
    } while (failure.empty() && sign != 0);
    spend(result);
    return result;
  }

  SizeExpr product(unsigned depth) {
    SizeExpr result = factor(depth);
    while (failure.empty() && take('*')) {
      result = result * factor(depth);
      spend(result);
    }
    return result;
  }

  SizeExpr factor(unsigned depth) {
    char next = peek();
    if (next >= '0' && next <= '9')
      return integer();
    if (take('(')) {
      SizeExpr inner = sum(depth + 1);
      expect(')', "expected ')'");
      return inner;
    }
    std::string_view name = word();
    if (name.empty()) {
      fail("expected a number, a symbol or '('");
      return SizeExpr();
    }
    return peek() == '(' ? function(name, depth) : symbol(name);
  }

  SizeExpr integer() {
    int64_t value = 0;
    const char *begin = text.data() + position;
    auto [end, error] =
        std::from_chars(begin, text.data() + text.size(), value);
    if (error != std::errc())
      fail("the number does not fit in 64 bits");
    position += end - begin;
    return SizeExpr(value);
  }

  std::string_view word() {
    peek();
    auto isWord = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
             (c >= '0' && c <= '9') || c == '.';
    };
    size_t begin = position;
    while (position != text.size() && isWord(text[position]))
      ++position;
    std::string_view name = text.substr(begin, position - begin);
    return isSymbolName(name) ? name : std::string_view();
  }

  SizeExpr function(std::string_view name, unsigned depth) {
    take('(');
    if (name == "coord") {
      expect('"', "expected the name of a mesh axis in quotes");
      std::string_view axis = word();
      if (axis.empty())
        fail("expected the name of a mesh axis in quotes");
      expect('"', "expected '\"'");
      expect(')', "expected ')'");
      return failure.empty() ? coordinate(axis) : SizeExpr();
    }
    static constexpr std::pair<std::string_view, Function> functions[] = {
        {"ceildiv", Function::CeilDiv},
        {"floordiv", Function::FloorDiv},
        {"mod", Function::Mod},
        {"min", Function::Min},
        {"max", Function::Max}};
    for (auto [spelling, function] : functions) {
      if (name != spelling)
        continue;
      SizeExpr lhs = sum(depth + 1);
      expect(',', "expected ','");
      SizeExpr rhs = failure.empty() ? sum(depth + 1) : SizeExpr();
      expect(')', "expected ')'");
      return failure.empty() ? apply(function, lhs, rhs) : SizeExpr();
    }
    fail("unknown function");
    return SizeExpr();
  }

  std::string_view text;
  size_t position = 0;
  uint64_t work = 0;
  std::string failure;
};

StatusOr<SizeExpr> SizeExpr::parse(std::string_view text) {
  if (text.size() > maximumTextLength)
    return Status::error("size expression of " + std::to_string(text.size()) +
                         " characters; expected at most " +
                         std::to_string(maximumTextLength));
  return Parser(text).parse();
}

//===----------------------------------------------------------------------===//
// Value
//===----------------------------------------------------------------------===//

static StatusOr<int64_t> overflow(const SizeExpr &expr) {
  std::string text = expr.str().substr(0, 200);
  return Status::error("size '" + text + "' does not fit in 64 bits");
}

StatusOr<int64_t> SizeExpr::evaluate(const Values &values) const {
  if (!valid)
    return overflow(*this);
  // Wide enough for any sum of the bounded number of terms.
  __int128 total = 0;
  for (const auto &[monomial, coefficient] : terms) {
    int64_t product = coefficient;
    for (const AtomRef &atom : monomial) {
      int64_t value = 0;
      if (atom->function == Function::Symbol ||
          atom->function == Function::Coordinate) {
        std::string name = atom->function == Function::Symbol
                               ? atom->name
                               : "coord(\"" + atom->name + "\")";
        std::optional<int64_t> known = values(name);
        if (!known)
          return Status::error("size '" + name + "' has no value");
        value = *known;
      } else {
        StatusOr<int64_t> lhs = atom->arguments[0].evaluate(values);
        if (!lhs)
          return lhs;
        StatusOr<int64_t> rhs = atom->arguments[1].evaluate(values);
        if (!rhs)
          return rhs;
        if (atom->function == Function::Min)
          value = std::min(*lhs, *rhs);
        else if (atom->function == Function::Max)
          value = std::max(*lhs, *rhs);
        else if (*rhs < 1)
          return Status::error("size '" + str().substr(0, 200) +
                               "' divides by " + std::to_string(*rhs) +
                               "; expected a divisor of at least 1");
        else if (atom->function == Function::Mod)
          value = *lhs % *rhs + (*lhs % *rhs < 0 ? *rhs : 0);
        else if (atom->function == Function::FloorDiv)
          value = *lhs / *rhs - (*lhs % *rhs < 0 ? 1 : 0);
        else
          value = *lhs / *rhs + (*lhs % *rhs > 0 ? 1 : 0);
      }
      if (__builtin_mul_overflow(product, value, &product))
        return overflow(*this);
    }
    total += product;
  }
  if (total > std::numeric_limits<int64_t>::max() ||
      total < std::numeric_limits<int64_t>::min())
    return overflow(*this);
  return static_cast<int64_t>(total);
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

void *SizeExpr::lower(Lowering &lowering) const {
  void *sum = nullptr;
  for (const auto &[monomial, coefficient] : terms) {
    void *product = nullptr;
    auto multiply = [&](void *factor) {
      product = product ? lowering.multiply(product, factor) : factor;
    };
    for (const AtomRef &atom : monomial) {
      if (atom->function == Function::Symbol)
        multiply(lowering.symbol(atom->name));
      else if (atom->function == Function::Coordinate)
        multiply(lowering.symbol("coord(\"" + atom->name + "\")"));
      else
        multiply(
            lowering.apply(functionNames[static_cast<size_t>(atom->function)],
                           atom->arguments[0].lower(lowering),
                           atom->arguments[1].lower(lowering)));
    }
    if (!product || coefficient != 1)
      multiply(lowering.constant(coefficient));
    sum = sum ? lowering.add(sum, product) : product;
  }
  return sum ? sum : lowering.constant(0);
}
