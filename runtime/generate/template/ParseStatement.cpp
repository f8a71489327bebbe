//===- ParseStatement.cpp - Reads statements ------------------------------===//
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

/// Deeper statements are an error: they recurse.
static constexpr uint32_t maxDepth = 100;

static StatementPtr makeStatement(Statement::Kind kind, uint32_t line) {
  auto statement = std::make_unique<Statement>();
  statement->kind = kind;
  statement->line = line;
  return statement;
}

StatusOr<Body> Parser::parse() {
  Body body = parseBody({});
  if (failed())
    return status;
  return body;
}

/// Reads until a tag that begins with one of `ends`, whose name is left.
Body Parser::parseBody(std::initializer_list<std::string_view> ends) {
  Body body;
  uint32_t line = current().line;
  if (++nesting > maxDepth)
    fail("nested too deeply (more than " + std::to_string(maxDepth) +
         " levels)");
  while (!failed()) {
    const Token &token = take();
    if (token.kind == TokenKind::End) {
      if (ends.size() != 0)
        fail(line, "the block that begins here has no '{% " +
                       std::string(*(ends.end() - 1)) + " %}'");
      break;
    }
    if (token.kind == TokenKind::Data) {
      body.push_back(makeStatement(Statement::Kind::Text, token.line));
      body.back()->text = token.text;
    } else if (token.kind == TokenKind::Open) {
      body.push_back(makeStatement(Statement::Kind::Output, token.line));
      body.back()->expression = parseTuple();
      if (current().kind == TokenKind::Close)
        take();
      else
        fail("expected '}}', found " + found());
    } else {
      if (current().kind == TokenKind::Name &&
          std::find(ends.begin(), ends.end(), current().text) != ends.end())
        break;
      if (StatementPtr statement = parseStatement())
        body.push_back(std::move(statement));
    }
  }
  --nesting;
  return body;
}

void Parser::endTag() {
  if (current().kind == TokenKind::BlockClose)
    take();
  else
    fail("expected '%}', found " + found());
}

StatementPtr Parser::parseStatement() {
  uint32_t line = current().line;
  std::string name = expectName();
  if (name == "if")
    return parseIf(line);
  if (name == "for")
    return parseFor(line);
  if (name == "set")
    return parseSet(line);
  if (name == "macro")
    return parseMacro(line);
  if (name == "with")
    return parseWith(line);
  if (name == "filter")
    return parseFilterBlock(line);
  if (name == "generation") {
    endTag();
    StatementPtr group = makeStatement(Statement::Kind::Group, line);
    group->body = parseBody({"endgeneration"});
    take();
    endTag();
    return group;
  }
  if (name == "break" || name == "continue") {
    if (loops == 0)
      fail(line, "'" + name + "' is outside of a loop");
    endTag();
    return makeStatement(name == "break" ? Statement::Kind::Break
                                         : Statement::Kind::Continue,
                         line);
  }
  if (!failed())
    fail(line, "the tag '" + printable(name) +
                   "' is not supported; known are if, for, set, macro, with, "
                   "filter, generation, break, continue and raw");
  return nullptr;
}

StatementPtr Parser::parseIf(uint32_t line) {
  StatementPtr statement = makeStatement(Statement::Kind::If, line);
  bool isElse = false;
  while (!failed()) {
    Branch branch;
    if (!isElse)
      branch.condition = parseTuple();
    endTag();
    branch.body =
        isElse ? parseBody({"endif"}) : parseBody({"elif", "else", "endif"});
    statement->branches.push_back(std::move(branch));
    std::string end = expectName();
    if (end == "endif")
      break;
    isElse = end == "else";
  }
  endTag();
  return statement;
}

std::vector<Target> Parser::parseTargets(bool allowsAttribute) {
  std::vector<Target> targets;
  bool isBracketed = skipOperator("(");
  do {
    uint32_t line = current().line;
    Target target{expectName(), ""};
    for (const char *keyword : {"true", "false", "none", "loop"})
      if (target.name == keyword)
        fail(line, "cannot assign to '" + target.name + "'");
    if (allowsAttribute && skipOperator("."))
      target.attribute = expectName();
    targets.push_back(std::move(target));
  } while (skipOperator(",") && current().kind == TokenKind::Name &&
           !isName("in"));
  if (isBracketed)
    expectOperator(")");
  return targets;
}

StatementPtr Parser::parseFor(uint32_t line) {
  StatementPtr loop = makeStatement(Statement::Kind::For, line);
  loop->targets = parseTargets(false);
  if (!skipName("in"))
    fail("expected 'in', found " + found());
  loop->expression = parseTuple(false);
  if (skipName("if"))
    loop->condition = parseExpression();
  if (isName("recursive"))
    fail("recursive loops are not supported");
  endTag();
  ++loops;
  loop->body = parseBody({"else", "endfor"});
  --loops;
  if (skipName("else")) {
    endTag();
    loop->otherwise = parseBody({"endfor"});
  }
  take();
  endTag();
  return loop;
}

StatementPtr Parser::parseSet(uint32_t line) {
  StatementPtr set = makeStatement(Statement::Kind::Set, line);
  set->targets = parseTargets(true);
  if (skipOperator("=")) {
    set->expression = parseTuple();
    endTag();
    return set;
  }
  set->kind = Statement::Kind::SetBlock;
  if (set->targets.size() != 1)
    fail("expected '=', found " + found());
  while (skipOperator("|"))
    set->expression = parseFilter(std::move(set->expression));
  endTag();
  set->body = parseBody({"endset"});
  take();
  endTag();
  return set;
}

StatementPtr Parser::parseMacro(uint32_t line) {
  if (isInMacro || loops != 0)
    fail(line, "a macro inside of a macro or a loop is not supported");
  StatementPtr statement = makeStatement(Statement::Kind::Macro, line);
  statement->macro = std::make_unique<Macro>();
  Macro &macro = *statement->macro;
  macro.name = expectName();
  expectOperator("(");
  while (!failed() && !isOperator(")")) {
    Argument parameter{expectName(), nullptr};
    if (skipOperator("="))
      parameter.value = parseExpression();
    else if (!macro.parameters.empty() && macro.parameters.back().value)
      fail("a parameter without a default follows one that has one");
    macro.parameters.push_back(std::move(parameter));
    if (!skipOperator(","))
      break;
  }
  expectOperator(")");
  endTag();
  isInMacro = true;
  macro.body = parseBody({"endmacro"});
  isInMacro = false;
  take();
  endTag();
  return statement;
}

StatementPtr Parser::parseWith(uint32_t line) {
  StatementPtr with = makeStatement(Statement::Kind::With, line);
  while (!failed() && current().kind == TokenKind::Name) {
    with->targets.push_back({take().text, ""});
    expectOperator("=");
    with->arguments.push_back({"", parseExpression()});
    if (!skipOperator(","))
      break;
  }
  endTag();
  with->body = parseBody({"endwith"});
  take();
  endTag();
  return with;
}

StatementPtr Parser::parseFilterBlock(uint32_t line) {
  StatementPtr block = makeStatement(Statement::Kind::Filter, line);
  do
    block->expression = parseFilter(std::move(block->expression));
  while (skipOperator("|"));
  endTag();
  block->body = parseBody({"endfilter"});
  take();
  endTag();
  return block;
}
