//===- Filters.cpp - Filters of texts and numbers -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/generate/template/Interpreter.h"
#include "runtime/generate/template/Unicode.h"

#include <algorithm>
#include <charconv>
#include <cmath>

using namespace weft;
using namespace weft::jinja;

Value Interpreter::text(const Value &value) {
  if (failed() || !spend(value.weight()))
    return std::string();
  return value.text() ? value : Value(toText(value));
}

Value Interpreter::filter(const std::string &name, const Value &input,
                          const Arguments &arguments) {
  if (failed())
    return Value();
  if (name == "default" || name == "d") {
    std::vector<Value> given =
        bind(name, arguments, {"default_value", "boolean"});
    bool isMissing =
        input.isUndefined() || (given[1].isTrue() && !input.isTrue());
    if (!isMissing)
      return input;
    return given[0].isUndefined() ? Value(std::string()) : given[0];
  }
  if (name == "length" || name == "count") {
    bind(name, arguments, {});
    std::optional<size_t> length = input.length();
    if (!length || !spend(input.text() ? input.text()->size() : 1))
      return fail(std::string("a value of type ") + input.typeName() +
                  " has no length");
    return static_cast<int64_t>(*length);
  }
  if (auto value = textFilter(name, input, arguments))
    return *value;
  if (auto value = numberFilter(name, input, arguments))
    return *value;
  if (auto value = sequenceFilter(name, input, arguments))
    return *value;
  return fail("the filter '" + printable(name) +
              "' is not supported; known are abs, capitalize, count, d, "
              "default, dictsort, first, float, indent, int, items, join, "
              "last, length, list, lower, map, max, min, reject, rejectattr, "
              "replace, reverse, round, safe, select, selectattr, sort, "
              "string, sum, title, tojson, trim, unique and upper");
}

Value Interpreter::join(const Value &input, const Arguments &arguments) {
  std::vector<Value> given = bind("join", arguments, {"d", "attribute"});
  Value separator = given[0].isUndefined() ? Value("") : text(given[0]);
  std::string joined;
  bool isFirst = true;
  for (const Value &item : iterate(input)) {
    Value part = text(given[1].isUndefined() ? item : path(item, given[1]));
    if (failed() || !spend(part.text()->size() + separator.text()->size()))
      break;
    joined += (isFirst ? "" : *separator.text()) + *part.text();
    isFirst = false;
  }
  return joined;
}

Value Interpreter::json(const Value &input, const Arguments &arguments) {
  std::vector<Value> given =
      bind("tojson", arguments,
           {"ensure_ascii", "indent", "separators", "sort_keys"});
  if (given[0].isTrue() || given[2].isTrue())
    return fail("'tojson' with ensure_ascii or separators is not supported");
  // Jinja's own tojson takes the indentation first.
  int64_t indent = -1;
  if (!given[1].isUndefined() && !given[1].isNone())
    indent = expectInteger(given[1], "tojson");
  if (indent > 64)
    return fail("'tojson' indents by 64 at most");
  // Each element may begin a line.
  uint64_t line =
      indent < 0 ? 4 : static_cast<uint64_t>(indent) * input.depth();
  if (!spend(input.weight() * 2) || !spend(input.weight() / 8 * line))
    return Value();
  std::optional<std::string> shown = toJson(input, indent, given[3].isTrue());
  if (!shown)
    return fail("'tojson' met a value that JSON has no form for");
  return std::move(*shown);
}

std::optional<Value> Interpreter::textFilter(const std::string &name,
                                             const Value &input,
                                             const Arguments &arguments) {
  if (name == "join")
    return join(input, arguments);
  if (name == "tojson")
    return json(input, arguments);
  if (name == "trim") {
    std::vector<Value> given = bind(name, arguments, {"chars"});
    Value shown = text(input);
    const std::string *characters = nullptr;
    if (!given[0].isUndefined() && !given[0].isNone())
      characters = &expectText(given[0], "trim");
    if (!spend(shown.text()->size() * (characters ? characters->size() : 1)))
      return Value();
    return strip(*shown.text(), characters);
  }
  if (name == "replace") {
    std::vector<Value> given = bind(name, arguments, {"old", "new", "count"});
    Value shown = text(input);
    return replaceText(*shown.text(), given[0], given[1], given[2]);
  }
  if (name == "indent") {
    std::vector<Value> given =
        bind(name, arguments, {"width", "first", "blank"});
    std::string space(4, ' ');
    if (const std::string *width = given[0].text())
      space = *width;
    else if (!given[0].isUndefined())
      space.assign(static_cast<size_t>(std::clamp<int64_t>(
                       expectInteger(given[0], "indent"), 0, 256)),
                   ' ');
    Value shown = text(input);
    std::string indented = given[1].isTrue() ? space : "";
    const std::string &lines = *shown.text();
    for (size_t i = 0; i != lines.size(); ++i) {
      indented += lines[i];
      bool isBlank = i + 1 == lines.size() || lines[i + 1] == '\n';
      if (lines[i] != '\n' || (isBlank && !given[2].isTrue()))
        continue;
      if (!spend(space.size()))
        return Value();
      indented += space;
    }
    return indented;
  }
  if (name != "upper" && name != "lower" && name != "title" &&
      name != "capitalize" && name != "string" && name != "safe")
    return std::nullopt;
  bind(name, arguments, {});
  Value shown = text(input);
  const std::string &string = *shown.text();
  if (name == "upper")
    return toUpper(string);
  if (name == "lower")
    return toLower(string);
  // The method 'title' knows words by their letters; the filter by what is
  // between them.
  if (name == "title") {
    std::string titled = toLower(string);
    for (size_t i = 0; i != titled.size(); ++i)
      if (i == 0 || std::string_view("- \t\n\r\f\v({[<").find(titled[i - 1]) !=
                        std::string_view::npos)
        titled.replace(i, 1, toUpper(titled.substr(i, 1)));
    return titled;
  }
  if (name == "capitalize")
    return toCapitalized(string);
  return shown;
}

std::optional<Value> Interpreter::numberFilter(const std::string &name,
                                               const Value &input,
                                               const Arguments &arguments) {
  std::optional<double> number = input.number();
  auto require = [&] {
    if (!number)
      fail("'" + name + "' does not take " + input.typeName());
    return number.has_value();
  };
  if (name == "abs") {
    bind(name, arguments, {});
    if (!require())
      return Value();
    return *number < 0 ? binary("-", Value(int64_t(0)), input) : input;
  }
  if (name == "round") {
    std::vector<Value> given = bind(name, arguments, {"precision", "method"});
    int64_t precision =
        given[0].isUndefined() ? 0 : expectInteger(given[0], "round");
    std::string method =
        given[1].isUndefined() ? "common" : expectText(given[1], "round");
    if (!require())
      return Value();
    if (input.integer() && method == "common" && precision >= 0)
      return *input.integer();
    double scale = std::pow(10, static_cast<double>(precision));
    if (method == "ceil")
      return std::ceil(*number * scale) / scale;
    if (method == "floor")
      return std::floor(*number * scale) / scale;
    if (precision < 0 || precision > 15 || method != "common")
      return fail("'round' takes a precision from 0 to 15 and 'common', "
                  "'ceil' or 'floor'");
    // Rounds the decimal form, half to even, as Python does.
    char buffer[400];
    std::snprintf(buffer, sizeof(buffer), "%.*f", static_cast<int>(precision),
                  *number);
    return std::strtod(buffer, nullptr);
  }
  if (name != "int" && name != "float")
    return std::nullopt;
  std::vector<Value> given = bind(name, arguments, {"default"});
  std::string digits;
  if (const std::string *string = input.text()) {
    digits = strip(*string);
    if (digits.starts_with('+'))
      digits.erase(0, 1);
    int64_t integer = 0;
    double real = 0;
    const char *end = digits.data() + digits.size();
    if (auto read = std::from_chars(digits.data(), end, integer);
        name == "int" && read.ec == std::errc() && read.ptr == end)
      return integer;
    if (auto read = std::from_chars(digits.data(), end, real);
        read.ec == std::errc() && read.ptr == end)
      number = real;
  }
  if (name == "float")
    return number ? Value(*number)
                  : (given[0].isUndefined() ? Value(0.0) : given[0]);
  if (std::optional<int64_t> integer = input.integer())
    return *integer;
  if (number && std::abs(*number) < 0x1p63)
    return static_cast<int64_t>(*number);
  return given[0].isUndefined() ? Value(int64_t(0)) : given[0];
}
