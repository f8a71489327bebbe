//===- Value.cpp - What a template computes with --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/template/Value.h"
#include "runtime/generate/template/Unicode.h"

#include <algorithm>

using namespace weft::jinja;

const Value *Dict::find(std::string_view key) const {
  for (const auto &[name, value] : entries)
    if (name == key)
      return &value;
  return nullptr;
}

void Dict::set(std::string_view key, Value value) {
  for (auto &[name, old] : entries)
    if (name == key) {
      old = std::move(value);
      return;
    }
  entries.emplace_back(std::string(key), std::move(value));
}

/// Shared parts count again and again: a short template can reach 2^64.
static uint64_t sum(uint64_t left, uint64_t right) {
  return std::min<uint64_t>(left + right, uint64_t(1) << 62);
}

Value::Value(List list) {
  for (const Value &item : list.items)
    list.depth = std::max(list.depth, item.depth() + 1);
  list.weight = 8;
  for (const Value &item : list.items)
    list.weight = sum(list.weight, item.weight());
  held = std::make_shared<const List>(std::move(list));
}

Value::Value(Dict dict) {
  for (const auto &[name, value] : dict.entries)
    dict.depth = std::max(dict.depth, value.depth() + 1);
  dict.weight = 8;
  for (const auto &[name, value] : dict.entries)
    dict.weight = sum(dict.weight, name.size() + value.weight());
  held = std::make_shared<const Dict>(std::move(dict));
}

uint32_t Value::depth() const {
  if (const List *items = list())
    return items->depth;
  if (const Dict *entries = dict())
    return entries->depth;
  // A bound method holds its value.
  if (const Function *method = function())
    return method->self ? method->self->depth() + 1 : 1;
  return 0;
}

uint64_t Value::weight() const {
  if (const List *items = list())
    return items->weight;
  if (const Dict *entries = dict())
    return entries->weight;
  const std::string *string = text();
  return 8 + (string ? string->size() : 0);
}

std::optional<int64_t> Value::integer() const {
  if (const bool *value = boolean())
    return *value;
  if (const int64_t *value = std::get_if<int64_t>(&held))
    return *value;
  return std::nullopt;
}

std::optional<double> Value::number() const {
  if (std::optional<int64_t> value = integer())
    return static_cast<double>(*value);
  if (const double *value = real())
    return *value;
  return std::nullopt;
}

std::optional<size_t> Value::length() const {
  if (const std::string *value = text())
    return characterCount(*value);
  if (const List *value = list())
    return value->items.size();
  if (const Dict *value = dict())
    return value->entries.size();
  if (isUndefined())
    return 0;
  if (const Loop *value = loop())
    return value->items.list()->items.size();
  return std::nullopt;
}

bool Value::isTrue() const {
  if (isUndefined() || isNone())
    return false;
  if (std::optional<double> value = number())
    return *value != 0;
  if (const std::string *value = text())
    return !value->empty();
  std::optional<size_t> count = length();
  return !count || *count != 0;
}

const char *Value::typeName() const {
  if (isUndefined())
    return "Undefined";
  if (isNone())
    return "NoneType";
  if (boolean())
    return "bool";
  if (integer())
    return "int";
  if (real())
    return "float";
  if (text())
    return "str";
  if (const List *value = list())
    return value->isTuple ? "tuple" : "list";
  if (dict())
    return "dict";
  if (space())
    return "Namespace";
  return loop() ? "LoopContext" : "function";
}

bool weft::jinja::equal(const Value &left, const Value &right) {
  if (left.integer() && right.integer())
    return *left.integer() == *right.integer();
  if (left.number() && right.number())
    return *left.number() == *right.number();
  if (left.text() && right.text())
    return *left.text() == *right.text();
  if (left.list() && right.list())
    return left.list()->isTuple == right.list()->isTuple &&
           std::equal(left.list()->items.begin(), left.list()->items.end(),
                      right.list()->items.begin(), right.list()->items.end(),
                      equal);
  if (left.dict() && right.dict()) {
    const auto &entries = left.dict()->entries;
    return entries.size() == right.dict()->entries.size() &&
           std::all_of(entries.begin(), entries.end(), [&](const auto &entry) {
             const Value *other = right.dict()->find(entry.first);
             return other && equal(entry.second, *other);
           });
  }
  if (left.isNone() || left.isUndefined())
    return left.isNone() == right.isNone() &&
           left.isUndefined() == right.isUndefined();
  return left.space() && left.space() == right.space();
}

std::optional<bool> weft::jinja::less(const Value &left, const Value &right) {
  if (left.integer() && right.integer())
    return *left.integer() < *right.integer();
  if (left.number() && right.number())
    return *left.number() < *right.number();
  // UTF-8 has the order of its characters.
  if (left.text() && right.text())
    return *left.text() < *right.text();
  if (!left.list() || !right.list() ||
      left.list()->isTuple != right.list()->isTuple)
    return std::nullopt;
  const auto &first = left.list()->items, &second = right.list()->items;
  for (size_t i = 0; i != std::min(first.size(), second.size()); ++i)
    if (!equal(first[i], second[i]))
      return less(first[i], second[i]);
  return first.size() < second.size();
}
