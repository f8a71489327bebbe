//===- ConstantExpression.cpp ---------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/ConstantExpression.h"

#include <array>
#include <limits>

using namespace weft;
using namespace weft::cusim::ptx;

namespace {

using Kind = Constant::Kind;

/// Deeper nesting than any compiler writes; a recursion stays short.
constexpr unsigned MaxDepth = 64;

/// By rising precedence.
constexpr std::array<std::array<std::string_view, 4>, 10> Operators = {{
    {"||"},
    {"&&"},
    {"|"},
    {"^"},
    {"&"},
    {"==", "!="},
    {"<", "<=", ">", ">="},
    {"<<", ">>"},
    {"+", "-"},
    {"*", "/", "%"},
}};

class Reader {
public:
  explicit Reader(Lexer &lexer) : lexer(lexer) {}

  StatusOr<Constant> conditional();

private:
  StatusOr<Constant> binary(size_t level);
  StatusOr<Constant> unary();
  StatusOr<Constant> primary();
  StatusOr<Constant> apply(const Token &token, Constant left, Constant right);

  Lexer &lexer;
  unsigned depth = 0;
};

} // namespace

StatusOr<Constant> Reader::conditional() {
  StatusOr<Constant> condition = binary(0);
  if (!condition || !lexer.peek().is("?"))
    return condition;
  Token question = lexer.take();
  if (!condition->isInteger())
    return errorAt(question.location, "a floating-point number has no '?'");
  if (++depth > MaxDepth)
    return errorAt(question.location, "the expression is nested too deeply");
  StatusOr<Constant> yes = conditional();
  if (!yes)
    return yes;
  WEFT_RETURN_IF_ERROR(lexer.expect(":", "in the conditional expression"));
  StatusOr<Constant> no = conditional();
  if (!no)
    return no;
  --depth;
  Constant chosen = condition->bits ? *yes : *no;
  if (yes->kind == Kind::Unsigned || no->kind == Kind::Unsigned)
    chosen.kind = Kind::Unsigned;
  return chosen;
}

StatusOr<Constant> Reader::binary(size_t level) {
  if (level == Operators.size())
    return unary();
  StatusOr<Constant> left = binary(level + 1);
  while (left) {
    const Token &next = lexer.peek();
    bool isOne = false;
    for (std::string_view text : Operators[level])
      isOne |= !text.empty() && next.is(text);
    if (!isOne)
      break;
    Token token = lexer.take();
    StatusOr<Constant> right = binary(level + 1);
    if (!right)
      return right;
    left = apply(token, *left, *right);
  }
  return left;
}

StatusOr<Constant> Reader::apply(const Token &token, Constant left,
                                 Constant right) {
  if (!left.isInteger() || !right.isInteger())
    return errorAt(token.location,
                   "found '" + std::string(token.text) +
                       "' on floating-point numbers, expected integers: PTX "
                       "computes with integers only");
  std::string_view text = token.text;
  uint64_t a = left.bits, b = right.bits;
  // A shift keeps the type of its left side.
  bool isShift = text == "<<" || text == ">>";
  bool isUnsigned =
      left.kind == Kind::Unsigned || (!isShift && right.kind == Kind::Unsigned);
  Kind kind = isUnsigned ? Kind::Unsigned : Kind::Signed;
  auto isLess = [&](uint64_t x, uint64_t y) {
    return isUnsigned ? x < y : int64_t(x) < int64_t(y);
  };
  auto truth = [](bool value) {
    return Constant{Kind::Signed, uint64_t(value)};
  };
  if (text == "||")
    return truth(a || b);
  if (text == "&&")
    return truth(a && b);
  if (text == "==")
    return truth(a == b);
  if (text == "!=")
    return truth(a != b);
  if (text == "<")
    return truth(isLess(a, b));
  if (text == ">")
    return truth(isLess(b, a));
  if (text == "<=")
    return truth(!isLess(b, a));
  if (text == ">=")
    return truth(!isLess(a, b));
  if (text == "|")
    return Constant{kind, a | b};
  if (text == "^")
    return Constant{kind, a ^ b};
  if (text == "&")
    return Constant{kind, a & b};
  if (text == "+")
    return Constant{kind, a + b};
  if (text == "-")
    return Constant{kind, a - b};
  if (text == "*")
    return Constant{kind, a * b};
  if (isShift) {
    if (b > 63)
      return errorAt(token.location, "found a shift by " + std::to_string(b) +
                                         ", expected 0 to 63");
    uint64_t shifted = text == "<<" ? a << b
                       : isUnsigned ? a >> b
                                    : uint64_t(int64_t(a) >> b);
    return Constant{kind, shifted};
  }
  if (b == 0)
    return errorAt(token.location, "a constant expression divides by zero");
  if (isUnsigned)
    return Constant{kind, text == "/" ? a / b : a % b};
  // The smallest s64 by -1 overflows.
  if (int64_t(b) == -1)
    return Constant{kind, text == "/" ? 0 - a : 0};
  return Constant{kind, text == "/" ? uint64_t(int64_t(a) / int64_t(b))
                                    : uint64_t(int64_t(a) % int64_t(b))};
}

StatusOr<Constant> Reader::unary() {
  const Token &next = lexer.peek();
  if (!next.is("-") && !next.is("+") && !next.is("!") && !next.is("~"))
    return primary();
  Token token = lexer.take();
  if (++depth > MaxDepth)
    return errorAt(token.location, "the expression is nested too deeply");
  StatusOr<Constant> value = unary();
  --depth;
  if (!value || token.is("+"))
    return value;
  if (token.is("-")) {
    if (value->isInteger())
      value->bits = 0 - value->bits;
    else
      value->bits ^= value->kind == Kind::Float32 ? 1u << 31 : 1ull << 63;
    return value;
  }
  if (!value->isInteger())
    return errorAt(token.location, "found '" + std::string(token.text) +
                                       "' on a floating-point number, expected "
                                       "an integer");
  if (token.is("~"))
    value->bits = ~value->bits;
  else
    value = Constant{Kind::Signed, value->bits == 0};
  return value;
}

StatusOr<Constant> Reader::primary() {
  const Token &next = lexer.peek();
  switch (next.kind) {
  case Token::Kind::Integer: {
    Token token = lexer.take();
    return Constant{token.isUnsigned ? Kind::Unsigned : Kind::Signed,
                    token.bits};
  }
  case Token::Kind::Float32:
    return Constant{Kind::Float32, lexer.take().bits};
  case Token::Kind::Float64:
    return Constant{Kind::Float64, lexer.take().bits};
  default:
    break;
  }
  if (next.isIdentifier() && next.text == "WARP_SZ") {
    lexer.take();
    return Constant{Kind::Signed, 32};
  }
  if (!next.is("("))
    return lexer.unexpected("a constant");
  Token open = lexer.take();
  if (++depth > MaxDepth)
    return errorAt(open.location, "the expression is nested too deeply");
  bool toSigned = lexer.peek().isDotWord("s64");
  if (toSigned || lexer.peek().isDotWord("u64")) {
    lexer.take();
    WEFT_RETURN_IF_ERROR(lexer.expect(")", "after the type of a cast"));
    StatusOr<Constant> value = unary();
    --depth;
    if (value && !value->isInteger())
      return errorAt(open.location, "found a cast of a floating-point number, "
                                    "expected an integer");
    if (value)
      value->kind = toSigned ? Kind::Signed : Kind::Unsigned;
    return value;
  }
  StatusOr<Constant> value = conditional();
  --depth;
  if (!value)
    return value;
  WEFT_RETURN_IF_ERROR(lexer.expect(")", "after the expression"));
  return value;
}

StatusOr<Constant> cusim::ptx::parseConstantExpression(Lexer &lexer) {
  return Reader(lexer).conditional();
}

StatusOr<uint64_t> cusim::ptx::parseOffsetConstant(Lexer &lexer) {
  Location location = lexer.peek().location;
  StatusOr<Constant> offset = parseConstantExpression(lexer);
  if (!offset)
    return offset.status();
  if (!offset->isInteger())
    return errorAt(location,
                   "found a floating-point offset, expected an integer");
  return offset->bits;
}

StatusOr<uint64_t> cusim::ptx::parseCount(Lexer &lexer, uint64_t most,
                                          const char *what) {
  Location location = lexer.peek().location;
  StatusOr<Constant> value = parseConstantExpression(lexer);
  if (!value)
    return value.status();
  bool isNegative = value->kind == Kind::Signed && int64_t(value->bits) < 0;
  if (!value->isInteger() || isNegative || value->bits > most)
    return errorAt(location,
                   std::string("found ") +
                       (!value->isInteger() ? "a floating-point number"
                        : isNegative ? std::to_string(int64_t(value->bits))
                                     : std::to_string(value->bits)) +
                       " as " + what + ", expected 0 to " +
                       std::to_string(most));
  return value->bits;
}

bool cusim::ptx::beginsConstantExpression(const Token &token) {
  return token.kind == Token::Kind::Integer ||
         token.kind == Token::Kind::Float32 ||
         token.kind == Token::Kind::Float64 || token.is("-") || token.is("+") ||
         token.is("~") || token.is("!") || token.is("(") ||
         (token.isIdentifier() && token.text == "WARP_SZ");
}
