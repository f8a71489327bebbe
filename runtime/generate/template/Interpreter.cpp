//===- Interpreter.cpp - Renders a template's tree ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/template/Interpreter.h"
#include "runtime/base/Text.h"

using namespace weft;
using namespace weft::jinja;

/// Calls of evaluate and execute inside one another. Their frames are below a
/// KiB each.
static constexpr uint32_t maxDepth = 600;
/// What each node costs, beside the text that it makes.
static constexpr uint64_t nodeWork = 16;

StatusOr<std::string> Interpreter::render(const Body &body) {
  std::string out;
  execute(body, out);
  if (failed())
    return status;
  return out;
}

Value Interpreter::fail(const std::string &message) {
  if (!failed())
    status = Status::error("line " + std::to_string(line) + ": " + message);
  return Value();
}

bool Interpreter::spend(uint64_t work) {
  if (work > budget) {
    fail("the template does not come to an end: it made more text, or more "
         "steps, than any conversation needs");
    budget = 0;
  } else {
    budget -= work;
  }
  return !failed();
}

Value Interpreter::made(Value value) {
  if (value.depth() > maxValueDepth)
    return fail("lists and dictionaries are nested more than " +
                std::to_string(maxValueDepth) + " levels deep");
  return value;
}

//===----------------------------------------------------------------------===//
// Variables
//===----------------------------------------------------------------------===//

void Interpreter::set(std::string_view name, Value value) {
  for (auto &[other, old] : scope->entries)
    if (other == name) {
      old = std::move(value);
      return;
    }
  scope->entries.emplace_back(name, std::move(value));
}

Value Interpreter::lookUp(const std::string &name) {
  for (const Scope *level = scope; level; level = level->parent) {
    spend(level->entries.size());
    for (const auto &[other, value] : level->entries)
      if (other == name)
        return value;
  }
  if (const Value *value = variables.find(name))
    return *value;
  if (isGlobal(name))
    return Function{name};
  return Value::Undefined{name};
}

void Interpreter::assign(const std::vector<Target> &targets,
                         const Value &value) {
  std::vector<Value> values = {value};
  if (targets.size() != 1) {
    values = iterate(value);
    if (!failed() && values.size() != targets.size())
      fail("cannot assign " + std::to_string(values.size()) + " values to " +
           std::to_string(targets.size()) + " names");
  }
  for (size_t i = 0; i != targets.size() && !failed(); ++i) {
    const Target &target = targets[i];
    if (target.attribute.empty()) {
      set(target.name, values[i]);
      continue;
    }
    Value object = lookUp(target.name);
    if (!object.space()) {
      fail("cannot assign to '" + target.name + "." + target.attribute +
           "': '" + target.name + "' is no namespace");
    } else if (spend(object.space()->members.entries.size())) {
      object.space()->members.set(target.attribute, values[i]);
    }
  }
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

Interpreter::Flow Interpreter::execute(const Body &body, std::string &out) {
  Flow flow = Flow::Next;
  if (++depth > maxDepth)
    fail("calls are nested too deeply");
  for (const StatementPtr &statement : body) {
    line = statement->line;
    if (failed() || !spend(nodeWork))
      break;
    flow = execute(*statement, out);
    if (flow != Flow::Next)
      break;
  }
  --depth;
  return flow;
}

std::string Interpreter::capture(const Body &body) {
  std::string text;
  execute(body, text);
  return text;
}

Interpreter::Flow Interpreter::execute(const Statement &statement,
                                       std::string &out) {
  using Kind = Statement::Kind;
  switch (statement.kind) {
  case Kind::Text:
    if (spend(statement.text.size()))
      out += statement.text;
    break;
  case Kind::Output: {
    Value value = text(evaluate(*statement.expression));
    if (!failed() && spend(value.text()->size()))
      out += *value.text();
    break;
  }
  case Kind::If:
    for (const Branch &branch : statement.branches)
      if (!branch.condition || evaluate(*branch.condition).isTrue()) {
        if (failed())
          break;
        return execute(branch.body, out);
      }
    break;
  case Kind::For:
    return executeFor(statement, out);
  case Kind::Set:
    assign(statement.targets, evaluate(*statement.expression));
    break;
  case Kind::SetBlock:
  case Kind::Filter: {
    Scope inner{scope};
    scope = &inner;
    // Filters end in a null operand, which stands for this text.
    Value captured = capture(statement.body);
    scope = inner.parent;
    std::vector<const Expression *> filters;
    for (const Expression *next = statement.expression.get(); next;
         next = next->operands[0].get())
      filters.push_back(next);
    for (; !filters.empty() && !failed(); filters.pop_back())
      captured = filter(filters.back()->name, captured,
                        evaluateArguments(filters.back()->arguments));
    if (statement.kind == Kind::SetBlock)
      assign(statement.targets, captured);
    else if (Value shown = text(captured); !failed())
      out += *shown.text();
    break;
  }
  case Kind::With: {
    Scope inner{scope};
    for (size_t i = 0; i != statement.targets.size(); ++i)
      inner.entries.emplace_back(statement.targets[i].name,
                                 evaluate(*statement.arguments[i].value));
    scope = &inner;
    Flow flow = execute(statement.body, out);
    scope = inner.parent;
    return flow;
  }
  case Kind::Macro:
    set(statement.macro->name,
        Function{statement.macro->name, nullptr, statement.macro.get()});
    break;
  case Kind::Group:
    return execute(statement.body, out);
  case Kind::Break:
    return Flow::Break;
  case Kind::Continue:
    return Flow::Continue;
  }
  return Flow::Next;
}

Interpreter::Flow Interpreter::executeFor(const Statement &statement,
                                          std::string &out) {
  std::vector<Value> items = iterate(evaluate(*statement.expression));
  Scope inner{scope};
  scope = &inner;
  if (statement.condition)
    std::erase_if(items, [&](const Value &item) {
      inner.entries.clear();
      assign(statement.targets, item);
      return failed() || !evaluate(*statement.condition).isTrue();
    });
  Flow flow = Flow::Next;
  if (!failed() && !items.empty()) {
    size_t count = items.size();
    Loop &loop = loops.emplace_back();
    loop.items = made(std::move(items));
    for (; loop.index != count && !failed() && flow != Flow::Break;
         ++loop.index) {
      inner.entries.clear();
      assign(statement.targets, loop.items.list()->items[loop.index]);
      set("loop", &loop);
      flow = execute(statement.body, out);
    }
    flow = Flow::Next;
    scope = inner.parent;
  } else {
    scope = inner.parent;
    if (!failed())
      flow = execute(statement.otherwise, out);
  }
  return flow;
}
