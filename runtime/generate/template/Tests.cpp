//===- Tests.cpp - What 'is' asks -----------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/generate/template/Interpreter.h"
#include "runtime/generate/template/Unicode.h"

using namespace weft;
using namespace weft::jinja;

static bool isSequence(const Value &value) {
  return value.list() || value.text() || value.dict();
}

/// Tests that are operators.
static constexpr std::pair<std::string_view, const char *> comparisons[] = {
    {"eq", "=="},         {"equalto", "=="}, {"==", "=="}, {"ne", "!="},
    {"!=", "!="},         {"lt", "<"},       {"<", "<"},   {"lessthan", "<"},
    {"le", "<="},         {"<=", "<="},      {"gt", ">"},  {">", ">"},
    {"greaterthan", ">"}, {"ge", ">="},      {">=", ">="}, {"in", "in"}};

bool Interpreter::test(const std::string &name, const Value &value,
                       const Arguments &arguments) {
  if (failed())
    return false;
  for (auto [other, op] : comparisons)
    if (name == other) {
      std::vector<Value> given = bind(name, arguments, {"other"});
      return !failed() && compare(op, value, given[0]);
    }
  if (name == "divisibleby") {
    std::vector<Value> given = bind(name, arguments, {"num"});
    Value rest = binary("%", value, given[0]);
    return !failed() && !rest.isTrue();
  }
  if (name == "sameas") {
    std::vector<Value> given = bind(name, arguments, {"other"});
    return value.typeName() == std::string_view(given[0].typeName()) &&
           equal(value, given[0]);
  }
  bind(name, arguments, {});
  if (failed())
    return false;
  if (name == "defined")
    return !value.isUndefined();
  if (name == "undefined")
    return value.isUndefined();
  if (name == "none")
    return value.isNone();
  if (name == "true")
    return value.boolean() && *value.boolean();
  if (name == "false")
    return value.boolean() && !*value.boolean();
  if (name == "boolean")
    return value.boolean();
  if (name == "integer")
    return value.integer() && !value.boolean();
  if (name == "float")
    return value.real();
  if (name == "number")
    return value.number().has_value();
  if (name == "string")
    return value.text();
  if (name == "mapping")
    return value.dict();
  if (name == "sequence")
    return isSequence(value) || value.isUndefined();
  if (name == "iterable")
    return isSequence(value) || value.isUndefined() || value.loop();
  if (name == "callable")
    return value.function();
  if (name == "odd" || name == "even") {
    Value rest = binary("%", value, Value(int64_t(2)));
    return !failed() && rest.isTrue() == (name == "odd");
  }
  if (name == "upper" || name == "lower") {
    Value shown = text(value);
    return *callTextMethod(*shown.text(), "is" + name, {}).boolean();
  }
  fail("the test 'is " + printable(name) +
       "' is not supported; known are boolean, callable, defined, "
       "divisibleby, eq, even, false, float, ge, gt, in, integer, iterable, "
       "le, lower, lt, mapping, ne, none, number, odd, sameas, sequence, "
       "string, true, undefined and upper");
  return false;
}
