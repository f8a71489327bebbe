//===- Calls.cpp - Global functions, methods and macros -------------------===//
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

static constexpr uint64_t itemWork = 48;
/// As of Jinja's sandbox.
static constexpr int64_t maxRange = 100000;

static bool isAmong(std::string_view name,
                    std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool weft::jinja::isGlobal(const std::string &name) {
  return isAmong(
      name, {"range", "namespace", "dict", "raise_exception", "strftime_now"});
}

bool weft::jinja::isMethod(const Value &self, const std::string &name) {
  if (self.text())
    return isAmong(name,
                   {"strip",        "lstrip",      "rstrip",     "split",
                    "rsplit",       "splitlines",  "startswith", "endswith",
                    "upper",        "lower",       "title",      "capitalize",
                    "replace",      "find",        "rfind",      "index",
                    "count",        "join",        "isdigit",    "isalpha",
                    "isspace",      "isupper",     "islower",    "isalnum",
                    "removeprefix", "removesuffix"});
  if (self.dict())
    return isAmong(name, {"get", "items", "keys", "values", "copy"});
  if (self.list())
    return isAmong(name, {"index", "count"});
  return self.loop() && isAmong(name, {"cycle", "changed"});
}

std::vector<Value>
Interpreter::bind(const std::string &what, const Arguments &arguments,
                  std::initializer_list<std::string_view> names) {
  std::vector<Value> values(names.size());
  if (arguments.positional.size() > names.size())
    fail("'" + what + "' takes at most " + std::to_string(names.size()) +
         " arguments, not " + std::to_string(arguments.positional.size()));
  else
    std::copy(arguments.positional.begin(), arguments.positional.end(),
              values.begin());
  for (const auto &[name, value] : arguments.named) {
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      fail("'" + what + "' has no argument '" + printable(name) + "'");
    else
      values[static_cast<size_t>(found - names.begin())] = value;
  }
  return values;
}

Value Interpreter::call(const Expression &expression) {
  Value callee = evaluate(*expression.operands[0]);
  if (failed())
    return Value();
  if (callee.isUndefined())
    return fail("'" + printable(callee.undefinedName()) +
                "' cannot be called: there is no such function or method");
  if (!callee.function())
    return fail(std::string("a value of type ") + callee.typeName() +
                " cannot be called");
  Arguments arguments = evaluateArguments(expression.arguments);
  return failed() ? Value() : callFunction(*callee.function(), arguments);
}

Value Interpreter::callFunction(const Function &function,
                                const Arguments &arguments) {
  if (function.macro)
    return callMacro(*function.macro, arguments);
  if (function.self)
    return callMethod(*function.self, function.name, arguments);
  return callGlobal(function.name, arguments);
}

Value Interpreter::callMacro(const Macro &macro, const Arguments &arguments) {
  std::vector<std::pair<std::string_view, Value>> entries;
  if (arguments.positional.size() > macro.parameters.size())
    return fail("the macro '" + printable(macro.name) + "' takes " +
                std::to_string(macro.parameters.size()) + " arguments, not " +
                std::to_string(arguments.positional.size()));
  for (size_t i = 0; i != macro.parameters.size(); ++i)
    entries.emplace_back(
        macro.parameters[i].name,
        i < arguments.positional.size()
            ? arguments.positional[i]
            : Value(Value::Undefined{macro.parameters[i].name}));
  std::vector<bool> isGiven(entries.size());
  std::fill_n(isGiven.begin(), arguments.positional.size(), true);
  for (const auto &[name, value] : arguments.named) {
    auto found =
        std::find_if(entries.begin(), entries.end(),
                     [&](const auto &entry) { return entry.first == name; });
    if (found == entries.end())
      return fail("the macro '" + printable(macro.name) +
                  "' has no argument '" + printable(name) + "'");
    found->second = value;
    isGiven[static_cast<size_t>(found - entries.begin())] = true;
  }
  Scope inner{&global, std::move(entries)};
  Scope *outer = scope;
  scope = &inner;
  for (size_t i = 0; i != isGiven.size(); ++i)
    if (!isGiven[i] && macro.parameters[i].value)
      inner.entries[i].second = evaluate(*macro.parameters[i].value);
  std::string text = capture(macro.body);
  scope = outer;
  return text;
}

Value Interpreter::callGlobal(const std::string &name,
                              const Arguments &arguments) {
  if (name == "namespace" || name == "dict") {
    Dict members;
    if (arguments.positional.size() > 1)
      return fail("'" + name + "' takes one argument by position at most");
    if (!arguments.positional.empty()) {
      const Dict *given = arguments.positional[0].dict();
      if (!given)
        return fail("'" + name + "' takes a dictionary, not " +
                    arguments.positional[0].typeName());
      members = *given;
    }
    if (!spend(itemWork + members.entries.size() * itemWork))
      return Value();
    for (const auto &[key, value] : arguments.named)
      members.set(key, value);
    if (name == "dict")
      return made(std::move(members));
    namespaces.push_back({std::move(members)});
    return &namespaces.back();
  }
  if (name == "range") {
    std::vector<Value> bounds =
        bind(name, arguments, {"start", "stop", "step"});
    if (bounds[1].isUndefined())
      bounds = {Value(int64_t(0)), bounds[0], Value()};
    int64_t begin = expectInteger(bounds[0], "range"),
            end = expectInteger(bounds[1], "range"),
            step =
                bounds[2].isUndefined() ? 1 : expectInteger(bounds[2], "range");
    if (step == 0)
      return fail("the step of 'range' is 0");
    std::vector<Value> items;
    for (int64_t i = begin; !failed() && (step < 0 ? i > end : i < end);) {
      if (items.size() == maxRange)
        return fail("'range' has more than " + std::to_string(maxRange) +
                    " elements");
      if (spend(itemWork))
        items.push_back(i);
      if (__builtin_add_overflow(i, step, &i))
        break;
    }
    return items;
  }
  std::vector<Value> given = bind(name, arguments, {"value"});
  if (failed())
    return Value();
  Value shown = text(given[0]);
  if (name == "strftime_now")
    return timeText(*shown.text());
  // The template's own words: no line.
  status = Status::error(printable(*shown.text()));
  return Value();
}

Value Interpreter::timeText(const std::string &format) {
  // Python's conversions that do not depend on a place or a fraction.
  constexpr std::string_view known = "aAbBdHIjmMpSUwWyYcxXZ%eFTDRhnt";
  std::string shown;
  for (size_t i = 0; i != format.size(); ++i) {
    if (format[i] != '%') {
      shown += format[i];
      continue;
    }
    std::string conversion = "%";
    if (i + 1 != format.size() && format[i + 1] == '-')
      conversion += format[++i];
    if (i + 1 == format.size() ||
        known.find(format[i + 1]) == std::string_view::npos)
      return fail("'strftime_now' does not know the format '" +
                  printable(format) + "'");
    conversion += format[++i];
    char buffer[128];
    size_t length =
        std::strftime(buffer, sizeof(buffer), conversion.c_str(), &now);
    shown.append(buffer, length);
  }
  return spend(shown.size()) ? Value(std::move(shown)) : Value();
}

Value Interpreter::callMethod(const Value &self, const std::string &name,
                              const Arguments &arguments) {
  if (const std::string *string = self.text())
    return callTextMethod(*string, name, arguments);
  if (Loop *loop = self.loop())
    return callLoop(*loop, name, arguments);
  if (const List *list = self.list()) {
    std::vector<Value> given = bind(name, arguments, {"value"});
    int64_t count = 0;
    for (size_t i = 0; i != list->items.size() && spend(itemWork); ++i)
      if (spend(std::min(list->items[i].weight(), given[0].weight())) &&
          equal(list->items[i], given[0])) {
        if (name == "index")
          return static_cast<int64_t>(i);
        ++count;
      }
    if (name == "index")
      return fail("'index' did not find the value in the list");
    return count;
  }
  const Dict &dict = *self.dict();
  if (name == "get") {
    std::vector<Value> given = bind(name, arguments, {"key", "default"});
    const std::string *key = given[0].text();
    const Value *found =
        key && spend(dict.entries.size()) ? dict.find(*key) : nullptr;
    if (found)
      return *found;
    return arguments.positional.size() + arguments.named.size() > 1
               ? given[1]
               : Value(Value::None());
  }
  bind(name, arguments, {});
  if (!spend(itemWork * 2 * dict.entries.size()))
    return Value();
  if (name == "copy")
    return self;
  std::vector<Value> items;
  for (const auto &[key, value] : dict.entries)
    if (name == "keys")
      items.push_back(key);
    else if (name == "values")
      items.push_back(value);
    else
      items.push_back(List{{key, value}, true});
  return made(std::move(items));
}

Value Interpreter::callLoop(Loop &loop, const std::string &name,
                            const Arguments &arguments) {
  if (name == "cycle") {
    if (arguments.positional.empty())
      return fail("'cycle' needs an argument");
    return arguments.positional[loop.index % arguments.positional.size()];
  }
  Value now = made(List{arguments.positional, true});
  bool hasChanged = !spend(now.weight()) || !loop.lastChanged ||
                    !equal(*loop.lastChanged, now);
  loop.lastChanged = std::move(now);
  return hasChanged;
}
