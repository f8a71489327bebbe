//===- ParseExpression.cpp - Reads expressions ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/generate/template/Parser.h"

#include <algorithm>

using namespace weft;
using namespace weft::jinja;

/// Deeper trees are an error: evaluating them recurses.
static constexpr uint32_t maxDepth = 100;

void Parser::fail(uint32_t line, const std::string &message) {
  if (!failed())
    status = Status::error("line " + std::to_string(line) + ": " + message);
  position = tokens.size() - 1; // Nothing is left to parse.
}

std::string Parser::found() const {
  switch (current().kind) {
  case TokenKind::Data:
    return "text";
  case TokenKind::Open:
    return "'{{'";
  case TokenKind::Close:
    return "'}}'";
  case TokenKind::BlockOpen:
    return "'{%'";
  case TokenKind::BlockClose:
    return "'%}'";
  case TokenKind::End:
    return "the end";
  default:
    return "'" + printable(current().text) + "'";
  }
}

bool Parser::skipOperator(std::string_view text) {
  bool found = isOperator(text);
  position += found;
  return found;
}

bool Parser::skipName(std::string_view text) {
  bool found = isName(text);
  position += found;
  return found;
}

void Parser::expectOperator(std::string_view text) {
  if (!skipOperator(text))
    fail("expected '" + std::string(text) + "', found " + found());
}

std::string Parser::expectName() {
  if (current().kind != TokenKind::Name) {
    fail("expected a name, found " + found());
    return "";
  }
  return take().text;
}

ExpressionPtr Parser::make(Kind kind, uint32_t line) {
  auto expression = std::make_unique<Expression>();
  expression->kind = kind;
  expression->line = line;
  return expression;
}

ExpressionPtr Parser::finish(ExpressionPtr expression) {
  auto include = [&](const ExpressionPtr &part) {
    if (part)
      expression->depth = std::max(expression->depth, part->depth + 1);
  };
  for (const ExpressionPtr &operand : expression->operands)
    include(operand);
  for (const Argument &argument : expression->arguments)
    include(argument.value);
  if (expression->depth > maxDepth)
    fail(expression->line, "the expression is nested too deeply (more than " +
                               std::to_string(maxDepth) + " levels)");
  return expression;
}

ExpressionPtr Parser::parseTuple(bool hasCondition) {
  uint32_t line = current().line;
  ExpressionPtr first = parseExpression(hasCondition);
  if (!isOperator(","))
    return first;
  ExpressionPtr tuple = make(Kind::Tuple, line);
  tuple->operands.push_back(std::move(first));
  while (skipOperator(",")) {
    if (isOperator(")") || current().kind == TokenKind::Close ||
        current().kind == TokenKind::BlockClose)
      break;
    tuple->operands.push_back(parseExpression(hasCondition));
  }
  return finish(std::move(tuple));
}

ExpressionPtr Parser::parseExpression(bool hasCondition) {
  if (++nesting > maxDepth)
    fail("nested too deeply (more than " + std::to_string(maxDepth) +
         " levels)");
  ExpressionPtr value = parseOr();
  while (hasCondition && isName("if")) {
    uint32_t line = take().line;
    ExpressionPtr condition = parseOr(), otherwise;
    if (skipName("else"))
      otherwise = parseExpression();
    value = make(Kind::Conditional, line, std::move(condition),
                 std::move(value), std::move(otherwise));
  }
  --nesting;
  return value;
}

ExpressionPtr Parser::parseOr() {
  ExpressionPtr left = parseAnd();
  while (isName("or")) {
    uint32_t line = take().line;
    ExpressionPtr right = parseAnd();
    left = make(Kind::Or, line, std::move(left), std::move(right));
  }
  return left;
}

ExpressionPtr Parser::parseAnd() {
  ExpressionPtr left = parseNot();
  while (isName("and")) {
    uint32_t line = take().line;
    ExpressionPtr right = parseNot();
    left = make(Kind::And, line, std::move(left), std::move(right));
  }
  return left;
}

ExpressionPtr Parser::parseNot() {
  std::vector<uint32_t> lines;
  while (isName("not"))
    lines.push_back(take().line);
  ExpressionPtr operand = parseCompare();
  for (; !lines.empty(); lines.pop_back())
    operand = make(Kind::Not, lines.back(), std::move(operand));
  return operand;
}

ExpressionPtr Parser::parseCompare() {
  uint32_t line = current().line;
  ExpressionPtr compare = make(Kind::Compare, line);
  compare->operands.push_back(parseSum());
  while (!failed()) {
    std::string name;
    if (isName("not") && tokens[position + 1].is(TokenKind::Name, "in")) {
      take();
      name = "not ";
    }
    bool isComparison = isName("in");
    for (std::string_view text : {"==", "!=", "<", "<=", ">", ">="})
      isComparison |= isOperator(text);
    if (!isComparison)
      break;
    compare->operators.push_back(name + take().text);
    compare->operands.push_back(parseSum());
  }
  if (compare->operators.empty())
    return std::move(compare->operands[0]);
  return finish(std::move(compare));
}

ExpressionPtr Parser::parseSum() {
  ExpressionPtr left = parseConcat();
  while (isOperator("+") || isOperator("-")) {
    const Token &sign = take();
    ExpressionPtr right = parseConcat();
    left = make(Kind::Binary, sign.line, std::move(left), std::move(right));
    left->operators.push_back(sign.text);
  }
  return left;
}

ExpressionPtr Parser::parseConcat() {
  uint32_t line = current().line;
  ExpressionPtr first = parseProduct();
  if (!isOperator("~"))
    return first;
  ExpressionPtr concat = make(Kind::Concat, line);
  concat->operands.push_back(std::move(first));
  while (skipOperator("~"))
    concat->operands.push_back(parseProduct());
  return finish(std::move(concat));
}

ExpressionPtr Parser::parseProduct() {
  ExpressionPtr left = parsePower();
  while (isOperator("*") || isOperator("/") || isOperator("//") ||
         isOperator("%")) {
    const Token &sign = take();
    ExpressionPtr right = parsePower();
    left = make(Kind::Binary, sign.line, std::move(left), std::move(right));
    left->operators.push_back(sign.text);
  }
  return left;
}

ExpressionPtr Parser::parsePower() {
  ExpressionPtr left = parseUnary(true);
  while (isOperator("**")) {
    const Token &sign = take();
    ExpressionPtr right = parseUnary(true);
    left = make(Kind::Binary, sign.line, std::move(left), std::move(right));
    left->operators.push_back(sign.text);
  }
  return left;
}

ExpressionPtr Parser::parseUnary(bool hasFilters) {
  ExpressionPtr operand;
  if (isOperator("-") || isOperator("+")) {
    if (++nesting > maxDepth)
      fail("nested too deeply (more than " + std::to_string(maxDepth) +
           " levels)");
    const Token &sign = take();
    operand = parseUnary(false);
    operand = make(sign.text == "-" ? Kind::Negative : Kind::Positive,
                   sign.line, std::move(operand));
    --nesting;
  } else {
    operand = parsePrimary();
  }
  operand = parsePostfix(std::move(operand));
  return hasFilters ? parseFilters(std::move(operand)) : std::move(operand);
}
