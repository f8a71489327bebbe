//===- RMSNormOp.cpp - Root-mean-square normalization ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

#include <cmath>

using namespace mlir;

namespace weft {

static LogicalResult checkShapes(ShapeCheck &check) {
  if (failed(check.atLeastRank("input", 0, 1)) ||
      failed(check.rank("scale", 1, 1)))
    return failure();
  return check.equal("dimension 0 of scale", check.shape(1)[0],
                     "the last dimension of input", check.fromEnd(0, 1));
}

LogicalResult RMSNormOp::verify() {
  float epsilon = getEpsilon().convertToFloat();
  if (!(epsilon >= 0) || !std::isfinite(epsilon))
    return emitOpError("epsilon is ")
           << epsilon << " but needs to be finite and not negative";
  ShapeCheck check(*this);
  return checkShapes(check);
}

Sizes RMSNormOp::reifySizes(ArrayRef<Sizes> operands) { return operands[0]; }

ShardingRule RMSNormOp::getShardingRule(ArrayRef<Sizes> operands,
                                        const Sizes &result) {
  RuleBuilder rule(operands, result);
  int64_t last = result.size() - 1;
  rule.addBroadcast({0}, 0, last);
  rule.add(FactorKind::Replicate,
           {{0, last}, {1, 0}, {RuleBuilder::kResult, last}});
  return rule.take();
}

Cost RMSNormOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  // Square, sum; two products.
  return costOf(*this, operands, result, numElements(result) * 4);
}

FailureOr<HostTensor> RMSNormOp::evaluate(ArrayRef<HostTensor> operands,
                                          const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(check));
  if (failed(result))
    return failure();
  int64_t columns = check.fromEnd(0, 1);
  double epsilon = getEpsilon().convertToFloat();
  ArrayRef<double> input = operands[0].floats(), scale = operands[1].floats();
  for (size_t row = 0; row < input.size(); row += columns) {
    double squares = 0;
    for (double x : input.slice(row, columns))
      squares += x * x;
    double factor = 1 / std::sqrt(squares / double(columns) + epsilon);
    for (int64_t i = 0; i < columns; ++i)
      result->floats()[row + i] = input[row + i] * factor * scale[i];
  }
  return result;
}

} // namespace weft
