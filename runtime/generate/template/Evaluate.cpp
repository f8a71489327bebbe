//===- Evaluate.cpp - Expressions, attributes and indices -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/generate/template/Interpreter.h"
#include "runtime/generate/template/Unicode.h"

#include <algorithm>

using namespace weft;
using namespace weft::jinja;

static constexpr uint32_t maxDepth = 600; // as of statements
static constexpr uint64_t nodeWork = 16, itemWork = 48;

Value Interpreter::evaluate(const Expression &expression) {
  if (failed() || !spend(nodeWork))
    return Value();
  uint32_t outer = line;
  line = expression.line;
  if (++depth > maxDepth)
    fail("calls are nested too deeply");
  Value value = failed() ? Value() : evaluateKind(expression);
  --depth;
  line = outer;
  return failed() ? Value() : value;
}

Value Interpreter::evaluateKind(const Expression &expression) {
  using Kind = Expression::Kind;
  auto operand = [&](size_t i) { return evaluate(*expression.operands[i]); };
  switch (expression.kind) {
  case Kind::Literal:
    return expression.literal;
  case Kind::Name:
    return lookUp(expression.name);
  case Kind::List:
  case Kind::Tuple: {
    List list;
    list.isTuple = expression.kind == Kind::Tuple;
    for (const ExpressionPtr &item : expression.operands)
      list.items.push_back(evaluate(*item));
    return made(std::move(list));
  }
  case Kind::Dict: {
    Dict dict;
    for (const Argument &entry : expression.arguments)
      if (spend(dict.entries.size()))
        dict.set(entry.name, evaluate(*entry.value));
    return made(std::move(dict));
  }
  case Kind::Attribute:
    return attribute(operand(0), expression.name);
  case Kind::Subscript: {
    Value object = operand(0);
    return subscript(object, operand(1));
  }
  case Kind::Slice:
    return slice(expression);
  case Kind::Call:
    return call(expression);
  case Kind::Filter: {
    Value input = operand(0);
    return filter(expression.name, input,
                  evaluateArguments(expression.arguments));
  }
  case Kind::Test: {
    Value value = operand(0);
    return test(expression.name, value,
                evaluateArguments(expression.arguments));
  }
  case Kind::Not:
    return !operand(0).isTrue();
  case Kind::Negative:
    return binary("-", Value(int64_t(0)), operand(0));
  case Kind::Positive:
    return binary("+", Value(int64_t(0)), operand(0));
  case Kind::Binary: {
    Value left = operand(0);
    return binary(expression.operators[0], left, operand(1));
  }
  case Kind::Compare: {
    Value left = operand(0);
    for (size_t i = 0; i != expression.operators.size(); ++i) {
      Value right = operand(i + 1);
      if (failed() || !compare(expression.operators[i], left, right))
        return false;
      left = std::move(right);
    }
    return true;
  }
  case Kind::Concat: {
    std::string joined;
    for (const ExpressionPtr &part : expression.operands) {
      Value shown = text(evaluate(*part));
      if (!failed() && spend(shown.text()->size()))
        joined += *shown.text();
    }
    return joined;
  }
  case Kind::And: {
    Value left = operand(0);
    return left.isTrue() ? operand(1) : left;
  }
  case Kind::Or: {
    Value left = operand(0);
    return left.isTrue() ? left : operand(1);
  }
  case Kind::Conditional:
    if (operand(0).isTrue())
      return operand(1);
    return expression.operands[2] ? operand(2) : Value();
  }
  return Value();
}

Arguments
Interpreter::evaluateArguments(const std::vector<Argument> &arguments) {
  Arguments values;
  for (const Argument &argument : arguments) {
    Value value = evaluate(*argument.value);
    if (argument.name.empty())
      values.positional.push_back(std::move(value));
    else
      values.named.emplace_back(argument.name, std::move(value));
  }
  return values;
}

std::vector<Value> Interpreter::iterate(const Value &value) {
  std::vector<Value> items;
  if (!spend(itemWork * value.length().value_or(0)))
    return items;
  if (const List *list = value.list()) {
    items = list->items;
  } else if (const Dict *dict = value.dict()) {
    for (const auto &[key, entry] : dict->entries)
      items.push_back(key);
  } else if (const std::string *string = value.text()) {
    for (std::string_view character : charactersOf(*string))
      items.push_back(character);
  } else if (!value.isUndefined()) {
    fail(std::string("cannot go through a value of type ") + value.typeName());
  }
  return items;
}

//===----------------------------------------------------------------------===//
// Attributes and indices
//===----------------------------------------------------------------------===//

Value Interpreter::attribute(const Value &object, const std::string &name) {
  if (failed())
    return Value();
  if (object.isUndefined())
    return fail("cannot take '" + printable(name) + "' of '" +
                printable(object.undefinedName()) + "', which is undefined");
  if (isMethod(object, name))
    return Function{name, std::make_shared<const Value>(object)};
  const Value *found = nullptr;
  if (const Dict *dict = object.dict())
    found = spend(dict->entries.size()) ? dict->find(name) : nullptr;
  else if (Namespace *space = object.space())
    found = space->members.find(name);
  else if (const Loop *loop = object.loop())
    return loopAttribute(*loop, name);
  return found ? *found : Value(Value::Undefined{name});
}

Value Interpreter::loopAttribute(const Loop &loop, const std::string &name) {
  const std::vector<Value> &items = loop.items.list()->items;
  size_t count = items.size(), index = std::min(loop.index, count - 1);
  auto number = [](size_t value) { return Value(static_cast<int64_t>(value)); };
  if (name == "index")
    return number(index + 1);
  if (name == "index0")
    return number(index);
  if (name == "revindex")
    return number(count - index);
  if (name == "revindex0")
    return number(count - index - 1);
  if (name == "first")
    return index == 0;
  if (name == "last")
    return index + 1 == count;
  if (name == "length")
    return number(count);
  // Of recursive loops, which are not supported.
  if (name == "depth" || name == "depth0")
    return number(name == "depth");
  if (name == "previtem")
    return index == 0 ? Value(Value::Undefined{name}) : items[index - 1];
  if (name == "nextitem")
    return index + 1 == count ? Value(Value::Undefined{name})
                              : items[index + 1];
  return Value::Undefined{name};
}

Value Interpreter::subscript(const Value &object, const Value &key) {
  if (failed())
    return Value();
  if (object.isUndefined())
    return fail("cannot take an element of '" +
                printable(object.undefinedName()) + "', which is undefined");
  if (const std::string *name = key.text()) {
    const Dict *dict = object.dict();
    const Value *found =
        dict && spend(dict->entries.size()) ? dict->find(*name) : nullptr;
    return found ? *found : attribute(object, *name);
  }
  std::optional<int64_t> index = key.integer();
  std::optional<size_t> length = object.length();
  Value missing = Value::Undefined{"an element"};
  if (!index || !length || (!object.list() && !object.text()))
    return missing;
  auto count = static_cast<int64_t>(*length);
  if (*index < 0)
    *index += count;
  if (*index < 0 || *index >= count)
    return missing;
  auto place = static_cast<size_t>(*index);
  if (const List *list = object.list())
    return list->items[place];
  return spend(object.text()->size()) ? charactersOf(*object.text())[place]
                                      : Value();
}

Value Interpreter::slice(const Expression &expression) {
  Value object = evaluate(*expression.operands[0]);
  std::optional<int64_t> bounds[3];
  for (size_t i = 0; i != 3; ++i) {
    if (!expression.operands[i + 1])
      continue;
    Value bound = evaluate(*expression.operands[i + 1]);
    bounds[i] = bound.integer();
    if (!bounds[i] && !bound.isNone())
      return fail(std::string("a slice has a bound of type ") +
                  bound.typeName() + ", expected int");
  }
  if (object.isUndefined())
    return fail("cannot slice '" + printable(object.undefinedName()) +
                "', which is undefined");
  if (!object.list() && !object.text())
    return fail(std::string("cannot slice a value of type ") +
                object.typeName());
  int64_t step = bounds[2].value_or(1);
  if (step == 0)
    return fail("the step of a slice is 0");
  std::vector<Value> items = iterate(object);
  if (failed())
    return Value();
  // Python's rule: bounds count from the end when negative, and are clamped.
  auto count = static_cast<int64_t>(items.size());
  auto clamp = [&](std::optional<int64_t> bound, int64_t otherwise) {
    if (!bound)
      return otherwise;
    int64_t value = *bound < 0 ? *bound + count : *bound;
    return std::clamp<int64_t>(value, step < 0 ? -1 : 0,
                               step < 0 ? count - 1 : count);
  };
  int64_t begin = clamp(bounds[0], step < 0 ? count - 1 : 0),
          end = clamp(bounds[1], step < 0 ? -1 : count);
  List taken;
  taken.isTuple = object.list() && object.list()->isTuple;
  std::string characters;
  for (int64_t i = begin; step < 0 ? i > end : i < end;) {
    const Value &item = items[static_cast<size_t>(i)];
    if (object.text())
      characters += *item.text();
    else
      taken.items.push_back(item);
    if (__builtin_add_overflow(i, step, &i))
      break;
  }
  return object.text() ? Value(std::move(characters)) : made(std::move(taken));
}
