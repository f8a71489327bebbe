//===- SymbolNames.cpp - Names in the imported module ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/SymbolNames.h"
#include "runtime/base/SizeExpr.h"

#include "llvm/ADT/StringExtras.h"

using namespace weft;
using namespace weft::onnx;

std::string SymbolNames::reserve(llvm::StringRef wanted) {
  std::string plain = wanted.str(); // Manifests take no control characters.
  std::replace_if(
      plain.begin(), plain.end(),
      [](unsigned char c) { return c < ' ' || c == 0x7f; }, '_');
  std::string name = plain;
  for (unsigned i = 1; !taken.insert(name).second; ++i)
    name = plain + "_" + std::to_string(i);
  return name;
}

std::string SymbolNames::ofDimension(llvm::StringRef dimension) {
  std::string &name = dimensions[dimension];
  if (!name.empty())
    return name;
  std::string symbol;
  for (char c : dimension)
    symbol += llvm::isAlnum(c) || c == '_' || c == '.' ? c : '_';
  // A symbol starts with a letter and is none of the functions of sizes.
  static constexpr llvm::StringLiteral functions[] = {
      "ceildiv", "floordiv", "mod", "min", "max", "coord"};
  if (!SizeExpr::isSymbolName(symbol) || llvm::is_contained(functions, symbol))
    symbol = "_" + symbol;
  name = reserve(symbol);
  sizes.push_back(name);
  return name;
}

/// True for onnx::MatMul_123, 123, val_123, /layer/Constant_output_0.
static bool isMadeUp(llvm::StringRef name) {
  if (name.starts_with("onnx::") || name.ends_with("_output_0"))
    return true;
  llvm::StringRef stem = name.rtrim("0123456789");
  return stem.empty() || (stem != name && (stem == "val_" || stem == "_val_" ||
                                           stem == "t" || stem == "_"));
}

std::string SymbolNames::ofWeight(llvm::StringRef name,
                                  const NodeProto &consumer, unsigned input) {
  llvm::StringRef reader = consumer.name();
  if (!isMadeUp(name) || reader.empty())
    return reserve(name.empty() ? "weight" : name);
  // "/encoder/layer.0/query/MatMul_1": the last part names the operator.
  reader = reader.ltrim('/');
  auto [path, last] = reader.rsplit('/');
  if (!last.empty() && last.starts_with(consumer.op_type()))
    reader = path;
  std::string symbol = reader.str();
  std::replace(symbol.begin(), symbol.end(), '/', '.');
  bool isBias = consumer.op_type() == "Add" || input == 2;
  return reserve(symbol + (isBias ? ".bias" : ".weight"));
}
