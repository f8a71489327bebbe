//===- Operators.cpp - The operators that can be imported -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/Operators.h"

using namespace weft;
using namespace weft::onnx;

const Operator *weft::onnx::findOperator(llvm::StringRef name, int64_t opset,
                                         const Operator *&other) {
  other = nullptr;
  for (llvm::ArrayRef<Operator> group :
       {getElementwiseOperators(), getLayoutOperators(), getIndexingOperators(),
        getReductionOperators(), getContractionOperators(),
        getNormalizationOperators(), getConstantOperators()})
    for (const Operator &op : group) {
      if (op.name != name)
        continue;
      if (op.since <= opset && opset <= op.until)
        return &op;
      other = &op;
    }
  return nullptr;
}

Tensor *weft::onnx::importNode(const Operator &op, Node &node) {
  unsigned numInputs = node.getNumInputs();
  if (numInputs < op.leastInputs || numInputs > op.mostInputs) {
    std::string expected = std::to_string(op.leastInputs);
    if (op.mostInputs == anyNumber)
      expected += " or more";
    else if (op.mostInputs != op.leastInputs)
      expected += " to " + std::to_string(op.mostInputs);
    return node.emit.invalid("has " + llvm::Twine(numInputs) +
                             " inputs instead of " + expected);
  }
  for (unsigned i = 0; i != op.leastInputs; ++i)
    if (!node.hasInput(i))
      return node.emit.invalid("input " + llvm::Twine(i) + " is missing");
  if (op.evaluate) {
    Tensor *result = op.evaluate(node);
    if (result || node.emit.hasFailed())
      return result;
  }
  return op.import(node);
}
