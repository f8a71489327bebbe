//===- ParseJson.cpp - JSON files of a model ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/HuggingFace/ParseJson.h"

using namespace weft;

namespace json = llvm::json;

/// The greatest files, indices of models with many shards, take a few MiB.
static constexpr size_t mostBytes = 64 << 20;
/// LLVM's parser calls itself for what is nested.
static constexpr unsigned mostDepth = 64;

static unsigned getDepth(llvm::StringRef text) {
  unsigned depth = 0, greatest = 0;
  bool inString = false;
  for (size_t i = 0; i != text.size(); ++i) {
    char c = text[i];
    if (inString) {
      if (c == '\\' && i + 1 != text.size())
        ++i;
      else if (c == '"')
        inString = false;
    } else if (c == '"') {
      inString = true;
    } else if (c == '[' || c == '{') {
      greatest = std::max(greatest, ++depth);
    } else if ((c == ']' || c == '}') && depth != 0) {
      --depth;
    }
  }
  return greatest;
}

StatusOr<json::Object> weft::parseJsonObject(llvm::StringRef text) {
  if (text.size() > mostBytes)
    return Status::error("has " + std::to_string(text.size()) +
                         " bytes; no such file is that large");
  if (getDepth(text) > mostDepth)
    return Status::error("is nested more than " + std::to_string(mostDepth) +
                         " deep");
  llvm::Expected<json::Value> value = json::parse(text);
  if (!value)
    return Status::error("is not valid JSON: " +
                         llvm::toString(value.takeError()));
  json::Object *object = value->getAsObject();
  if (!object)
    return Status::error("holds no JSON object");
  return std::move(*object);
}
