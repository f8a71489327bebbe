//===- JsonValue.h - A template's values from JSON --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_GENERATE_TEMPLATE_JSONVALUE_H
#define TEST_RUNTIME_GENERATE_TEMPLATE_JSONVALUE_H

#include "runtime/generate/template/Value.h"

#include <nlohmann/json.hpp>

namespace weft::test {

inline jinja::Value toValue(const nlohmann::ordered_json &json) {
  if (json.is_null())
    return jinja::Value::None();
  if (json.is_boolean())
    return json.get<bool>();
  if (json.is_number_integer())
    return json.get<int64_t>();
  if (json.is_number())
    return json.get<double>();
  if (json.is_string())
    return json.get<std::string>();
  if (json.is_array()) {
    std::vector<jinja::Value> items;
    for (const auto &item : json)
      items.push_back(toValue(item));
    return items;
  }
  jinja::Dict dict;
  for (const auto &[key, value] : json.items())
    dict.set(key, toValue(value));
  return dict;
}

} // namespace weft::test

#endif // TEST_RUNTIME_GENERATE_TEMPLATE_JSONVALUE_H
