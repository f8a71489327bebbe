//===- Unsupported.h - All that cannot be imported at once ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_UNSUPPORTED_H
#define LIB_IMPORT_ONNX_UNSUPPORTED_H

#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace weft::onnx {

/// Collects the nodes that cannot be imported, so that a model's author learns
/// of all of them at once.
class Unsupported {
public:
  /// `what` is an operator, or an operator and a reason.
  void note(const std::string &what, llvm::StringRef node);
  bool isEmpty() const { return kinds.empty(); }
  /// cannot import 3 nodes: NonZero is not supported (2 nodes: "a", "b"); ...
  std::string getMessage() const;

private:
  struct Kind {
    std::string what;
    unsigned count = 0;
    std::string examples;
  };
  std::vector<Kind> kinds;
};

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_UNSUPPORTED_H
