//===- Parser.h - Reads a template's tokens ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TEMPLATE_PARSER_H
#define RUNTIME_GENERATE_TEMPLATE_PARSER_H

#include "runtime/generate/template/Ast.h"
#include "runtime/generate/template/Lexer.h"

namespace weft::jinja {

/// Reads the grammar of Jinja 3.1, but for template inheritance, imports and
/// call blocks. After an error, which `status` keeps, functions return
/// anything.
class Parser {
public:
  explicit Parser(std::vector<Token> tokens) : tokens(std::move(tokens)) {}

  /// The whole template. Errors begin with "line N: ".
  StatusOr<Body> parse();

private:
  using Kind = Expression::Kind;
  using TokenKind = Token::Kind;

  const Token &current() const { return tokens[position]; }
  const Token &take() {
    const Token &token = tokens[position];
    position += token.kind != TokenKind::End;
    return token;
  }
  bool isOperator(std::string_view text) const {
    return current().is(TokenKind::Operator, text);
  }
  bool isName(std::string_view text) const {
    return current().is(TokenKind::Name, text);
  }
  bool skipOperator(std::string_view text);
  bool skipName(std::string_view text);
  void expectOperator(std::string_view text);
  std::string expectName();
  bool failed() const { return !status; }
  void fail(const std::string &message) { fail(current().line, message); }
  void fail(uint32_t line, const std::string &message);
  /// The current token, for a message.
  std::string found() const;

  // Statements.
  Body parseBody(std::initializer_list<std::string_view> ends);
  void endTag();
  StatementPtr parseStatement();
  StatementPtr parseIf(uint32_t line);
  StatementPtr parseFor(uint32_t line);
  StatementPtr parseSet(uint32_t line);
  StatementPtr parseMacro(uint32_t line);
  StatementPtr parseWith(uint32_t line);
  StatementPtr parseFilterBlock(uint32_t line);
  std::vector<Target> parseTargets(bool allowsAttribute);

  // Expressions, from the weakest operator to the strongest.
  ExpressionPtr parseExpression(bool hasCondition = true);
  /// Several with commas are a tuple.
  ExpressionPtr parseTuple(bool hasCondition = true);
  ExpressionPtr parseOr();
  ExpressionPtr parseAnd();
  ExpressionPtr parseNot();
  ExpressionPtr parseCompare();
  ExpressionPtr parseSum();
  ExpressionPtr parseConcat();
  ExpressionPtr parseProduct();
  ExpressionPtr parsePower();
  ExpressionPtr parseUnary(bool hasFilters);
  ExpressionPtr parsePrimary();
  ExpressionPtr parseDict(uint32_t line);
  ExpressionPtr parsePostfix(ExpressionPtr operand);
  ExpressionPtr parseSubscript(ExpressionPtr operand);
  ExpressionPtr parseFilters(ExpressionPtr operand);
  ExpressionPtr parseFilter(ExpressionPtr operand);
  ExpressionPtr parseTest(ExpressionPtr operand);
  std::vector<Argument> parseArguments();

  ExpressionPtr make(Kind kind, uint32_t line);
  template <typename... Operands>
  ExpressionPtr make(Kind kind, uint32_t line, Operands... operands) {
    ExpressionPtr expression = make(kind, line);
    (expression->operands.push_back(std::move(operands)), ...);
    return finish(std::move(expression));
  }
  /// Counts the depth, which is limited.
  ExpressionPtr finish(ExpressionPtr expression);

  std::vector<Token> tokens;
  size_t position = 0;
  uint32_t nesting = 0; // of statements and brackets
  uint32_t loops = 0;   // around the statement
  bool isInMacro = false;
  Status status = Status::ok();
};

} // namespace weft::jinja

#endif // RUNTIME_GENERATE_TEMPLATE_PARSER_H
