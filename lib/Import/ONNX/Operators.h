//===- Operators.h - The operators that can be imported ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// An operator is a row of a table and a small function:
//
//   static Tensor *importRelu(Node &node) {
//     return node.emit.unary<ReluOp>(node.getInput(0));
//   }
//   {"Relu", 6, newestOpset, 1, 1, importRelu},
//
// docs/ONNX.md lists them all; a test compares it with the tables.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_OPERATORS_H
#define LIB_IMPORT_ONNX_OPERATORS_H

#include "lib/Import/ONNX/Node.h"

namespace weft::onnx {

/// Emits a node. Gives its first output and sets the others; null after a
/// failure.
using ImportFunction = Tensor *(*)(Node &);

struct Operator {
  llvm::StringLiteral name;
  /// Versions of the operator set with the semantics that `import` has.
  int64_t since, until;
  unsigned leastInputs, mostInputs;
  ImportFunction import;
  /// Computes on sizes without emitting anything; null when it cannot, which
  /// is no failure.
  ImportFunction evaluate = nullptr;
};

/// How many inputs an operator takes that takes any number.
constexpr unsigned anyNumber = ~0u;

llvm::ArrayRef<Operator> getElementwiseOperators();
llvm::ArrayRef<Operator> getLayoutOperators();
llvm::ArrayRef<Operator> getIndexingOperators();
llvm::ArrayRef<Operator> getReductionOperators();
llvm::ArrayRef<Operator> getContractionOperators();
llvm::ArrayRef<Operator> getNormalizationOperators();
llvm::ArrayRef<Operator> getConstantOperators();

/// The operator of ONNX's own domain with this name, or null. Where it exists
/// but not at `opset`, `other` is one of its other versions.
const Operator *findOperator(llvm::StringRef name, int64_t opset,
                             const Operator *&other);

/// Imports `node` by `op`: on sizes alone where that is possible.
Tensor *importNode(const Operator &op, Node &node);

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_OPERATORS_H
