//===- SymbolNames.h - Names in the imported module -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_SYMBOLNAMES_H
#define LIB_IMPORT_ONNX_SYMBOLNAMES_H

#include "lib/Import/ONNX/onnx.pb.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <vector>

namespace weft::onnx {

/// Gives each size, weight and function of a module a name of its own.
class SymbolNames {
public:
  /// `wanted`, with a number behind it when it is taken.
  std::string reserve(llvm::StringRef wanted);

  /// The symbol of a dimension's name in the model; the same for the same name.
  std::string ofDimension(llvm::StringRef dimension);
  /// All of these, in the order in which they were asked for.
  const std::vector<std::string> &getSizes() const { return sizes; }

  /// The symbol of a weight. Where an exporter made the name up
  /// (onnx::MatMul_123), it says what reads it: encoder.layer.0.query.weight.
  std::string ofWeight(llvm::StringRef name, const NodeProto &consumer,
                       unsigned input);

private:
  llvm::StringSet<> taken;
  llvm::StringMap<std::string> dimensions;
  std::vector<std::string> sizes;
};

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_SYMBOLNAMES_H
