//===- Value.h - What a template computes with ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TEMPLATE_VALUE_H
#define RUNTIME_GENERATE_TEMPLATE_VALUE_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weft::jinja {

class Value;
struct Macro;

/// Nesting of lists and dictionaries; a deeper one is an error of the template.
inline constexpr uint32_t maxValueDepth = 64;

/// A list, or a tuple, which only prints differently.
struct List {
  std::vector<Value> items;
  bool isTuple = false;
  uint32_t depth = 1;  // of lists and dictionaries in it
  uint64_t weight = 0; // see Value::weight
};

/// Keys are text, in the order in which they came.
struct Dict {
  std::vector<std::pair<std::string, Value>> entries;
  uint32_t depth = 1;
  uint64_t weight = 0;
  const Value *find(std::string_view key) const;
  void set(std::string_view key, Value value);
};

/// What `namespace()` makes: the one thing that a template can change. It lives
/// as long as the rendering.
struct Namespace {
  Dict members;
};

struct Loop;

/// What can be called: a global function by name, a method of a value, or a
/// macro.
struct Function {
  std::string name;
  std::shared_ptr<const Value> self = {}; // of a method
  const Macro *macro = nullptr;
};

/// A Python value, as far as chat templates use them. Immutable, but for a
/// namespace; copies share text, lists and dictionaries.
class Value {
public:
  struct Undefined {
    std::string name; // what was looked up
  };
  struct None {};

  Value() = default; // undefined
  Value(None) : held(None()) {}
  Value(Undefined undefined) : held(std::move(undefined)) {}
  Value(bool value) : held(value) {}
  Value(int64_t value) : held(value) {}
  Value(double value) : held(value) {}
  Value(std::string text)
      : held(std::make_shared<const std::string>(std::move(text))) {}
  Value(std::string_view text) : Value(std::string(text)) {}
  Value(const char *text) : Value(std::string(text)) {}
  /// Counts depth and weight; the caller looks at them.
  Value(List list);
  Value(Dict dict);
  Value(std::vector<Value> items) : Value(List{std::move(items)}) {}
  Value(Namespace *space) : held(space) {}
  Value(Loop *loop) : held(loop) {}
  Value(Function function)
      : held(std::make_shared<const Function>(std::move(function))) {}

  bool isUndefined() const { return is<Undefined>(); }
  bool isNone() const { return is<None>(); }
  const std::string *text() const { return shared<std::string>(); }
  const List *list() const { return shared<List>(); }
  const Dict *dict() const { return shared<Dict>(); }
  const Function *function() const { return shared<Function>(); }
  const bool *boolean() const { return std::get_if<bool>(&held); }
  const double *real() const { return std::get_if<double>(&held); }
  Namespace *space() const { return pointer<Namespace>(); }
  Loop *loop() const { return pointer<Loop>(); }
  /// True and false count as 1 and 0, as in Python.
  std::optional<int64_t> integer() const;
  /// An integer, a bool or a real number.
  std::optional<double> number() const;
  const std::string &undefinedName() const {
    return std::get<Undefined>(held).name;
  }

  uint32_t depth() const;
  /// What it takes to go through all of it, in bytes of text about: something
  /// that is in a list twice counts twice.
  uint64_t weight() const;
  /// Elements, entries or characters; nothing for what has no length.
  std::optional<size_t> length() const;
  bool isTrue() const;
  /// "str", "list", "NoneType": Python's name, for messages.
  const char *typeName() const;

private:
  template <typename T> bool is() const {
    return std::holds_alternative<T>(held);
  }
  template <typename T> const T *shared() const {
    auto *pointer = std::get_if<std::shared_ptr<const T>>(&held);
    return pointer ? pointer->get() : nullptr;
  }
  template <typename T> T *pointer() const {
    auto *found = std::get_if<T *>(&held);
    return found ? *found : nullptr;
  }

  std::variant<Undefined, None, bool, int64_t, double,
               std::shared_ptr<const std::string>, std::shared_ptr<const List>,
               std::shared_ptr<const Dict>, std::shared_ptr<const Function>,
               Namespace *, Loop *>
      held;
};

/// Python's `==`.
bool equal(const Value &left, const Value &right);
/// Python's `<`; nothing for values that have no order.
std::optional<bool> less(const Value &left, const Value &right);

/// Python's `str()`, which is what a template prints.
std::string toText(const Value &value);
/// Python's `repr()`.
std::string toRepr(const Value &value);
/// `json.dumps(value, ensure_ascii=False, indent=indent)`, which is the filter
/// `tojson` of the `transformers` library; negative: on one line. Nothing for
/// what JSON has no form for.
std::optional<std::string> toJson(const Value &value, int64_t indent,
                                  bool sortsKeys);
/// Python's `repr()` of a number.
std::string numberText(double number);

/// The variable `loop`; it lives as long as the rendering.
struct Loop {
  Value items; // a list
  size_t index = 0;
  std::optional<Value> lastChanged;
};

} // namespace weft::jinja

#endif // RUNTIME_GENERATE_TEMPLATE_VALUE_H
