//===- SequenceFilters.cpp - Filters of lists and dictionaries ------------===//
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

using namespace weft;
using namespace weft::jinja;

static constexpr uint64_t itemWork = 48;

Value Interpreter::path(const Value &object, const Value &path) {
  if (path.integer())
    return subscript(object, path);
  Value value = object;
  std::string_view rest = expectText(path, "attribute");
  while (!failed() && spend(itemWork)) {
    size_t dot = std::min(rest.find('.'), rest.size());
    std::string part(rest.substr(0, dot));
    int64_t index = 0;
    auto read = std::from_chars(part.data(), part.data() + part.size(), index);
    bool isIndex = read.ec == std::errc() && !part.empty() &&
                   read.ptr == part.data() + part.size();
    value = subscript(value, isIndex ? Value(index) : Value(part));
    if (dot == rest.size())
      break;
    rest.remove_prefix(dot + 1);
  }
  return value;
}

/// select, reject, selectattr and rejectattr.
Value Interpreter::select(const Value &input, const Arguments &arguments,
                          bool wanted, bool byAttribute) {
  Arguments rest = arguments;
  Value key;
  auto takeFirst = [&] {
    Value first = rest.positional.front();
    rest.positional.erase(rest.positional.begin());
    return first;
  };
  if (byAttribute) {
    if (rest.positional.empty())
      return fail("'selectattr' and 'rejectattr' need the attribute's name");
    key = takeFirst();
  }
  std::string name;
  if (!rest.positional.empty()) {
    Value given = takeFirst();
    name = expectText(given, "select");
  }
  List kept;
  for (const Value &item : iterate(input)) {
    if (failed())
      break;
    Value value = byAttribute ? path(item, key) : item;
    bool holds = name.empty() ? value.isTrue() : test(name, value, rest);
    if (holds == wanted)
      kept.items.push_back(item);
  }
  return made(std::move(kept));
}

Value Interpreter::map(const Value &input, Arguments arguments) {
  Value key, otherwise;
  if (arguments.positional.empty()) {
    std::vector<Value> given = bind("map", arguments, {"attribute", "default"});
    key = given[0];
    otherwise = given[1];
    if (key.isUndefined())
      return fail("'map' needs a filter or an attribute");
  }
  std::string name;
  if (!arguments.positional.empty()) {
    name = expectText(arguments.positional[0], "map");
    arguments.positional.erase(arguments.positional.begin());
  }
  List mapped;
  for (const Value &item : iterate(input)) {
    if (failed())
      break;
    Value value =
        name.empty() ? path(item, key) : filter(name, item, arguments);
    mapped.items.push_back(value.isUndefined() ? otherwise : value);
  }
  return made(std::move(mapped));
}

bool Interpreter::before(const Value &left, const Value &right) {
  if (failed() || !spend(itemWork + std::min(left.weight(), right.weight())))
    return false;
  std::optional<bool> isLess = less(left, right);
  if (!isLess)
    fail(std::string("cannot sort ") + left.typeName() + " and " +
         right.typeName());
  return isLess.value_or(false);
}

/// A merge sort of its own: a comparison that fails half-way has no order,
/// which the library's sorts do not take.
static void mergeSort(std::vector<std::pair<Value, Value>> &items,
                      const auto &before) {
  auto scratch = items;
  for (size_t width = 1; width < items.size(); width *= 2) {
    for (size_t begin = 0; begin < items.size(); begin += 2 * width) {
      size_t middle = std::min(begin + width, items.size()),
             end = std::min(begin + 2 * width, items.size());
      size_t left = begin, right = middle;
      for (size_t i = begin; i != end; ++i) {
        bool takesRight =
            left == middle ||
            (right != end && before(items[right].first, items[left].first));
        scratch[i] = items[takesRight ? right++ : left++];
      }
    }
    items.swap(scratch);
  }
}

Value Interpreter::sort(const Value &input, const Arguments &arguments) {
  std::vector<Value> given =
      bind("sort", arguments, {"reverse", "case_sensitive", "attribute"});
  std::vector<std::pair<Value, Value>> items;
  for (const Value &item : iterate(input)) {
    Value key = given[2].isUndefined() ? item : path(item, given[2]);
    if (key.text() && !given[1].isTrue())
      key = toLower(*key.text());
    items.emplace_back(std::move(key), item);
  }
  bool isReversed = given[0].isTrue();
  mergeSort(items, [&](const Value &left, const Value &right) {
    return isReversed ? before(right, left) : before(left, right);
  });
  List sorted;
  for (auto &[key, item] : items)
    sorted.items.push_back(std::move(item));
  return made(std::move(sorted));
}

Value Interpreter::unique(const Value &input, const Arguments &arguments) {
  std::vector<Value> given =
      bind("unique", arguments, {"case_sensitive", "attribute"});
  std::vector<Value> keys;
  List kept;
  for (const Value &item : iterate(input)) {
    Value key = given[1].isUndefined() ? item : path(item, given[1]);
    if (key.text() && !given[0].isTrue())
      key = toLower(*key.text());
    bool isKnown = std::any_of(keys.begin(), keys.end(), [&](const Value &old) {
      return spend(itemWork + std::min(old.weight(), key.weight())) &&
             equal(old, key);
    });
    if (failed())
      break;
    if (isKnown)
      continue;
    keys.push_back(std::move(key));
    kept.items.push_back(item);
  }
  return made(std::move(kept));
}

Value Interpreter::extreme(const Value &input, const Arguments &arguments,
                           bool isMax) {
  std::vector<Value> given =
      bind(isMax ? "max" : "min", arguments, {"case_sensitive", "attribute"});
  Value best = Value::Undefined{"the greatest of nothing"}, bestKey;
  bool isFirst = true;
  for (const Value &item : iterate(input)) {
    Value key = given[1].isUndefined() ? item : path(item, given[1]);
    if (key.text() && !given[0].isTrue())
      key = toLower(*key.text());
    if (!isFirst && !(isMax ? before(bestKey, key) : before(key, bestKey)))
      continue;
    best = item;
    bestKey = std::move(key);
    isFirst = false;
  }
  return best;
}

std::optional<Value> Interpreter::sequenceFilter(const std::string &name,
                                                 const Value &input,
                                                 const Arguments &arguments) {
  if (name == "select" || name == "reject")
    return select(input, arguments, name == "select", false);
  if (name == "selectattr" || name == "rejectattr")
    return select(input, arguments, name == "selectattr", true);
  if (name == "map")
    return map(input, arguments);
  if (name == "sort")
    return sort(input, arguments);
  if (name == "unique")
    return unique(input, arguments);
  if (name == "max" || name == "min")
    return extreme(input, arguments, name == "max");
  if (name == "sum") {
    std::vector<Value> given = bind(name, arguments, {"attribute", "start"});
    Value total = given[1].isUndefined() ? Value(int64_t(0)) : given[1];
    for (const Value &item : iterate(input))
      total = binary("+", total,
                     given[0].isUndefined() || given[0].isNone()
                         ? item
                         : path(item, given[0]));
    return total;
  }
  if (name == "items" || name == "dictsort") {
    if (name == "items")
      bind(name, arguments, {});
    if (name == "items" && input.isUndefined())
      return Value(List());
    if (!input.dict())
      return fail("'" + name + "' takes a dictionary, not " + input.typeName());
    Value items = callMethod(input, "items", {});
    if (name == "items")
      return items;
    std::vector<Value> given =
        bind(name, arguments, {"case_sensitive", "by", "reverse"});
    Arguments by;
    by.named = {
        {"case_sensitive", given[0].isTrue()},
        {"reverse", given[2].isTrue()},
        {"attribute", int64_t(given[1].text() && *given[1].text() == "value")}};
    return sort(items, by);
  }
  if (name != "first" && name != "last" && name != "list" && name != "reverse")
    return std::nullopt;
  bind(name, arguments, {});
  std::vector<Value> items = iterate(input);
  if (failed())
    return Value();
  if (name == "reverse") {
    std::reverse(items.begin(), items.end());
    if (!input.text())
      return made(std::move(items));
    std::string reversed;
    for (const Value &character : items)
      reversed += *character.text();
    return reversed;
  }
  if (name == "list")
    return made(std::move(items));
  if (items.empty())
    return Value::Undefined{"the " + name + " element of nothing"};
  return name == "first" ? items.front() : items.back();
}
