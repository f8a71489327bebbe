//===- Ast.h - A template as a tree -----------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TEMPLATE_AST_H
#define RUNTIME_GENERATE_TEMPLATE_AST_H

#include "runtime/generate/template/Value.h"

namespace weft::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

/// An argument of a call, a filter or a test.
struct Argument {
  std::string name; // empty: by position
  ExpressionPtr value;
};

struct Expression {
  enum class Kind {
    Literal,   // literal
    Name,      // name
    List,      // operands
    Tuple,     // operands
    Dict,      // arguments: keys are names
    Attribute, // operands[0].name
    Subscript, // operands[0][operands[1]]
    Slice,     // operands[0][operands[1]:operands[2]:operands[3]], each or null
    Call,      // operands[0](arguments)
    Filter,    // operands[0]|name(arguments); null inside {% filter %}
    Test,      // operands[0] is name(arguments)
    Not,       // not operands[0]
    Negative,  // -operands[0]
    Positive,  // +operands[0]
    Binary,    // operands[0] operators[0] operands[1]
    Compare,   // operands[0] operators[0] operands[1] operators[1] ...
    Concat,    // operands, all as text
    And,       // operands[0] and operands[1]
    Or,        // operands[0] or operands[1]
    Conditional, // operands[1] if operands[0] else operands[2], or null
  };
  Kind kind;
  uint32_t line;
  uint32_t depth = 1; // of the tree below: evaluating it recurses
  Value literal;
  std::string name;
  std::vector<ExpressionPtr> operands;
  std::vector<Argument> arguments;
  std::vector<std::string> operators;
};

struct Statement;
using StatementPtr = std::unique_ptr<Statement>;
using Body = std::vector<StatementPtr>;

/// Where a value is stored: a name, or an attribute of a namespace.
struct Target {
  std::string name;
  std::string attribute;
};

struct Branch {
  ExpressionPtr condition; // null: else
  Body body;
};

struct Statement {
  enum class Kind {
    Text,     // text
    Output,   // expression
    If,       // branches
    For,      // targets, expression, condition (or null), body, otherwise
    Set,      // targets = expression
    SetBlock, // targets[0] = body, through expression (a Filter) or null
    Filter,   // expression (a Filter) of body
    With,     // targets = arguments, for body
    Macro,    // macro
    Group,    // body: {% generation %}, which marks text for training
    Break,
    Continue,
  };
  Kind kind;
  uint32_t line;
  std::string text;
  ExpressionPtr expression, condition;
  std::vector<Target> targets;
  std::vector<Branch> branches;
  std::vector<Argument> arguments;
  Body body, otherwise;
  std::unique_ptr<Macro> macro;
};

struct Macro {
  std::string name;
  std::vector<Argument> parameters; // value: the default, or null
  Body body;
};

} // namespace weft::jinja

#endif // RUNTIME_GENERATE_TEMPLATE_AST_H
