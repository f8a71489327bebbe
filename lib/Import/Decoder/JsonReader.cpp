//===- JsonReader.cpp - Typed values of a config.json ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/JsonReader.h"
#include "runtime/base/Text.h"

#include "llvm/Support/FormatVariadic.h"

using namespace weft;

namespace json = llvm::json;

const json::Value *JsonReader::find(Names names) const {
  for (llvm::StringRef name : names) {
    const json::Value *value = object.get(name);
    if (value && value->kind() != json::Value::Null)
      return value;
  }
  return nullptr;
}

bool JsonReader::read(const json::Value &json, int64_t &value) {
  std::optional<int64_t> number = json.getAsInteger();
  value = number.value_or(0);
  return number.has_value();
}

bool JsonReader::read(const json::Value &json, double &value) {
  std::optional<double> number = json.getAsNumber();
  value = number.value_or(0);
  return number.has_value();
}

bool JsonReader::read(const json::Value &json, bool &value) {
  std::optional<bool> flag = json.getAsBoolean();
  value = flag.value_or(false);
  return flag.has_value();
}

bool JsonReader::read(const json::Value &json, std::string &value) {
  std::optional<llvm::StringRef> text = json.getAsString();
  value = text.value_or("").str();
  return text.has_value();
}

Status JsonReader::wrongType(Names names, const json::Value &json) const {
  for (llvm::StringRef name : names)
    if (object.get(name) == &json)
      return Status::error("config.json: '" + name.str() + "' is " +
                           printable(llvm::formatv("{0}", json).str()) +
                           ", which is not of the type that it should be");
  return missing(names);
}

Status JsonReader::missing(Names names) {
  return Status::error("config.json lacks '" + names.front().str() + "'");
}
