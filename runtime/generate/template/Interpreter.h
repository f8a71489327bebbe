//===- Interpreter.h - Renders a template's tree ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TEMPLATE_INTERPRETER_H
#define RUNTIME_GENERATE_TEMPLATE_INTERPRETER_H

#include "runtime/generate/template/Ast.h"
#include "weft/Status.h"

#include <ctime>
#include <deque>
#include <span>

namespace weft::jinja {

/// What a call, a filter or a test is given.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

/// Renders a template once. After an error, which `status` keeps, functions
/// return anything. Work and memory are bounded by `budget`, the stack by the
/// depths of expressions, statements, values and calls.
class Interpreter {
public:
  Interpreter(const Dict &variables, uint64_t budget, const std::tm &now)
      : variables(variables), budget(budget), now(now) {}

  /// The text. Errors begin with "line N: ".
  StatusOr<std::string> render(const Body &body);

private:
  enum class Flow { Next, Break, Continue };

  /// Variables of a loop's turn, a macro's call or the template.
  struct Scope {
    Scope *parent = nullptr;
    std::vector<std::pair<std::string_view, Value>> entries = {};
  };

  // Interpreter.cpp: statements.
  Flow execute(const Body &body, std::string &out);
  Flow execute(const Statement &statement, std::string &out);
  Flow executeFor(const Statement &loop, std::string &out);
  std::string capture(const Body &body);
  void assign(const std::vector<Target> &targets, const Value &value);
  void set(std::string_view name, Value value);
  Value lookUp(const std::string &name);
  bool failed() const { return !status; }
  Value fail(const std::string &message);
  /// Counts work; false when it was too much.
  bool spend(uint64_t work);
  /// A list or dictionary that was made: fails when it is nested too deeply.
  Value made(Value value);

  // Evaluate.cpp: expressions.
  Value evaluate(const Expression &expression);
  Value evaluateKind(const Expression &expression);
  Value attribute(const Value &object, const std::string &name);
  Value loopAttribute(const Loop &loop, const std::string &name);
  Value subscript(const Value &object, const Value &key);
  Value slice(const Expression &expression);
  Arguments evaluateArguments(const std::vector<Argument> &arguments);
  /// The elements that a loop goes through.
  std::vector<Value> iterate(const Value &value);

  // Operators.cpp
  Value binary(const std::string &op, const Value &left, const Value &right);
  Value arithmetic(char op, int64_t left, int64_t right);
  Value arithmetic(char op, double left, double right);
  Value repeat(const Value &value, int64_t count);
  bool compare(const std::string &op, const Value &left, const Value &right);
  bool contains(const Value &container, const Value &value);

  // Calls.cpp
  Value call(const Expression &expression);
  Value callFunction(const Function &function, const Arguments &arguments);
  Value callMacro(const Macro &macro, const Arguments &arguments);
  Value callGlobal(const std::string &name, const Arguments &arguments);
  Value callMethod(const Value &self, const std::string &name,
                   const Arguments &arguments);
  Value callLoop(Loop &loop, const std::string &name,
                 const Arguments &arguments);
  Value timeText(const std::string &format);
  /// Arguments in the order of `names`, undefined where they were not given;
  /// fails on others.
  std::vector<Value> bind(const std::string &what, const Arguments &arguments,
                          std::initializer_list<std::string_view> names);

  // TextMethods.cpp
  Value callTextMethod(const std::string &self, const std::string &name,
                       const Arguments &arguments);
  Value splitText(const std::string &self, const std::vector<Value> &arguments,
                  bool fromRight);
  Value replaceText(const std::string &self, const Value &from, const Value &to,
                    const Value &count);
  /// The text that argument `value` is.
  const std::string &expectText(const Value &value, const char *what);
  int64_t expectInteger(const Value &value, const char *what);

  // Filters.cpp
  Value filter(const std::string &name, const Value &input,
               const Arguments &arguments);
  std::optional<Value> textFilter(const std::string &name, const Value &input,
                                  const Arguments &arguments);
  std::optional<Value> numberFilter(const std::string &name, const Value &input,
                                    const Arguments &arguments);
  Value text(const Value &value);
  Value join(const Value &input, const Arguments &arguments);
  Value json(const Value &input, const Arguments &arguments);

  // SequenceFilters.cpp
  std::optional<Value> sequenceFilter(const std::string &name,
                                      const Value &input,
                                      const Arguments &arguments);
  Value select(const Value &input, const Arguments &arguments, bool wanted,
               bool byAttribute);
  Value map(const Value &input, Arguments arguments);
  Value sort(const Value &input, const Arguments &arguments);
  Value unique(const Value &input, const Arguments &arguments);
  Value extreme(const Value &input, const Arguments &arguments, bool isMax);
  /// A path such as "function.name" or "0".
  Value path(const Value &object, const Value &path);
  bool before(const Value &left, const Value &right);

  // Tests.cpp
  bool test(const std::string &name, const Value &value,
            const Arguments &arguments);

  const Dict &variables;
  uint64_t budget;
  const std::tm now;
  Scope global;
  Scope *scope = &global;
  uint32_t line = 1;
  uint32_t depth = 0; // of calls of evaluate and execute
  Status status = Status::ok();
  // What values point to.
  std::deque<Namespace> namespaces;
  std::deque<Loop> loops;
};

/// Whether a global function, or a method of such a value, has this name.
bool isGlobal(const std::string &name);
bool isMethod(const Value &self, const std::string &name);
/// Whether there is a test of this name.
bool isTest(const std::string &name);

} // namespace weft::jinja

#endif // RUNTIME_GENERATE_TEMPLATE_INTERPRETER_H
