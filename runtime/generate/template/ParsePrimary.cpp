//===- ParsePrimary.cpp - Reads literals, and what follows them -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/generate/template/Parser.h"

#include <algorithm>
#include <charconv>

using namespace weft;
using namespace weft::jinja;

ExpressionPtr Parser::parsePrimary() {
  const Token &token = current();
  ExpressionPtr literal = make(Kind::Literal, token.line);
  switch (token.kind) {
  case TokenKind::Name: {
    take();
    for (bool value : {true, false})
      if (token.text == (value ? "true" : "false") ||
          token.text == (value ? "True" : "False")) {
        literal->literal = value;
        return literal;
      }
    if (token.text == "none" || token.text == "None") {
      literal->literal = Value::None();
      return literal;
    }
    ExpressionPtr name = make(Kind::Name, token.line);
    name->name = token.text;
    return name;
  }
  case TokenKind::String: {
    // Texts side by side are one, as in Python.
    std::string text;
    while (current().kind == TokenKind::String)
      text += take().text;
    literal->literal = std::move(text);
    return literal;
  }
  case TokenKind::Integer: {
    int64_t value = 0;
    const char *end = token.text.data() + token.text.size();
    if (std::from_chars(token.text.data(), end, value).ec != std::errc())
      fail("the number " + printable(token.text) + " is greater than 2^63");
    take();
    literal->literal = value;
    return literal;
  }
  case TokenKind::Float: {
    double value = 0;
    const char *end = token.text.data() + token.text.size();
    if (std::from_chars(token.text.data(), end, value).ec != std::errc())
      fail("the number " + printable(token.text) + " has no double");
    take();
    literal->literal = value;
    return literal;
  }
  default:
    break;
  }
  if (skipOperator("(")) {
    if (skipOperator(")"))
      return make(Kind::Tuple, token.line);
    ExpressionPtr inner = parseTuple();
    expectOperator(")");
    return inner;
  }
  if (skipOperator("[")) {
    ExpressionPtr list = make(Kind::List, token.line);
    while (!failed() && !isOperator("]")) {
      list->operands.push_back(parseExpression());
      if (!skipOperator(","))
        break;
    }
    expectOperator("]");
    return finish(std::move(list));
  }
  if (skipOperator("{"))
    return parseDict(token.line);
  fail("expected an expression, found " + found());
  return literal;
}

ExpressionPtr Parser::parseDict(uint32_t line) {
  ExpressionPtr dict = make(Kind::Dict, line);
  while (!failed() && !isOperator("}")) {
    if (current().kind != TokenKind::String) {
      fail("expected a text as key of the dictionary, found " + found());
      break;
    }
    Argument entry{take().text, nullptr};
    expectOperator(":");
    entry.value = parseExpression();
    dict->arguments.push_back(std::move(entry));
    if (!skipOperator(","))
      break;
  }
  expectOperator("}");
  return finish(std::move(dict));
}

ExpressionPtr Parser::parsePostfix(ExpressionPtr operand) {
  while (!failed()) {
    uint32_t line = current().line;
    if (skipOperator(".")) {
      if (current().kind == TokenKind::Integer) {
        ExpressionPtr index = parsePrimary();
        operand =
            make(Kind::Subscript, line, std::move(operand), std::move(index));
        continue;
      }
      std::string name = expectName();
      operand = make(Kind::Attribute, line, std::move(operand));
      operand->name = std::move(name);
    } else if (skipOperator("[")) {
      operand = parseSubscript(std::move(operand));
    } else if (isOperator("(")) {
      std::vector<Argument> arguments = parseArguments();
      ExpressionPtr call = make(Kind::Call, line);
      call->operands.push_back(std::move(operand));
      call->arguments = std::move(arguments);
      operand = finish(std::move(call));
    } else {
      break;
    }
  }
  return operand;
}

ExpressionPtr Parser::parseSubscript(ExpressionPtr operand) {
  uint32_t line = current().line;
  ExpressionPtr slice = make(Kind::Slice, line);
  slice->operands.push_back(std::move(operand));
  bool isSlice = false;
  for (int part = 0; part != 3; ++part) {
    bool isEmpty = isOperator(":") || isOperator("]");
    slice->operands.push_back(isEmpty ? nullptr : parseExpression());
    if (part == 2 || !skipOperator(":"))
      break;
    isSlice = true;
  }
  if (isOperator(","))
    fail("several indices in one bracket are not supported");
  if (!isSlice && !slice->operands[1])
    fail("expected an index, found ']'");
  expectOperator("]");
  if (isSlice)
    slice->operands.resize(4);
  else
    slice->kind = Kind::Subscript;
  return finish(std::move(slice));
}

std::vector<Argument> Parser::parseArguments() {
  std::vector<Argument> arguments;
  expectOperator("(");
  while (!failed() && !isOperator(")")) {
    if (isOperator("*") || isOperator("**"))
      fail("arguments by '" + current().text + "' are not supported");
    Argument argument;
    if (current().kind == TokenKind::Name &&
        tokens[position + 1].is(TokenKind::Operator, "=")) {
      argument.name = take().text;
      take();
    } else if (!arguments.empty() && !arguments.back().name.empty()) {
      fail("an argument by position follows one by name");
    }
    argument.value = parseExpression();
    arguments.push_back(std::move(argument));
    if (!skipOperator(","))
      break;
  }
  expectOperator(")");
  return arguments;
}

ExpressionPtr Parser::parseFilters(ExpressionPtr operand) {
  while (!failed()) {
    if (skipOperator("|"))
      operand = parseFilter(std::move(operand));
    else if (skipName("is"))
      operand = parseTest(std::move(operand));
    else if (isOperator("("))
      operand = parsePostfix(std::move(operand));
    else
      break;
  }
  return operand;
}

ExpressionPtr Parser::parseFilter(ExpressionPtr operand) {
  ExpressionPtr filter = make(Kind::Filter, current().line);
  filter->name = expectName();
  filter->operands.push_back(std::move(operand));
  if (isOperator("("))
    filter->arguments = parseArguments();
  return finish(std::move(filter));
}

ExpressionPtr Parser::parseTest(ExpressionPtr operand) {
  uint32_t line = current().line;
  bool isNegated = skipName("not");
  ExpressionPtr test = make(Kind::Test, line);
  test->name = expectName();
  test->operands.push_back(std::move(operand));
  constexpr std::string_view keywords[] = {"else", "or",  "and", "if",
                                           "in",   "not", "is"};
  bool isKeyword = current().kind == TokenKind::Name &&
                   std::find(std::begin(keywords), std::end(keywords),
                             current().text) != std::end(keywords);
  bool isValue = current().kind == TokenKind::Name ||
                 current().kind == TokenKind::String ||
                 current().kind == TokenKind::Integer ||
                 current().kind == TokenKind::Float || isOperator("[") ||
                 isOperator("{");
  if (isOperator("("))
    test->arguments = parseArguments();
  else if (isValue && !isKeyword)
    test->arguments.push_back({"", parsePostfix(parsePrimary())});
  test = finish(std::move(test));
  return isNegated ? make(Kind::Not, line, std::move(test)) : std::move(test);
}
