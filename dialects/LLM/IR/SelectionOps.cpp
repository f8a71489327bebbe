//===- SelectionOps.cpp - Picking elements of rows ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Scalars.h"
#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir;

namespace weft {

static constexpr unsigned kResult = RuleBuilder::kResult;

//===----------------------------------------------------------------------===//
// TopK
//===----------------------------------------------------------------------===//

static LogicalResult checkShapes(TopKOp op, ShapeCheck &check) {
  if (failed(check.atLeastRank("input", 0, 1)))
    return failure();
  int64_t size = check.fromEnd(0, 1), k = op.getK();
  return check.require(
      k >= 1 && (ShapedType::isDynamic(size) || k <= size),
      "k is " + Twine(k) + " but the rows of input have " +
          (ShapedType::isDynamic(size) ? Twine("?") : Twine(size)) +
          " elements");
}

LogicalResult TopKOp::verify() {
  ShapeCheck check(*this);
  return check.result(checkShapes(*this, check));
}

Sizes TopKOp::reifySizes(ArrayRef<Sizes> operands) {
  Sizes result = operands[0];
  result.back() = SizeExpr(int64_t(getK()));
  return result;
}

ShardingRule TopKOp::getShardingRule(ArrayRef<Sizes> operands,
                                     const Sizes &result) {
  RuleBuilder rule(operands, result);
  int64_t last = result.size() - 1;
  rule.addBroadcast({0}, 0, last);
  rule.add(FactorKind::Replicate, {{0, last}});
  rule.add(FactorKind::Replicate, {{kResult, last}});
  return rule.take();
}

Cost TopKOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  // Each of k passes compares all elements.
  return costOf(*this, operands, result,
                numElements(operands[0]) * int64_t(getK()));
}

FailureOr<HostTensor> TopKOp::evaluate(ArrayRef<HostTensor> operands,
                                       const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(*this, check));
  if (failed(result))
    return failure();
  int64_t size = check.fromEnd(0, 1), k = getK();
  int64_t rows = result->getNumElements() / k;
  std::vector<int64_t> order(size);
  std::vector<double> values(size);
  for (int64_t row = 0; row < rows; ++row) {
    operands[0].readRow(row, values);
    for (double &value : values)
      if (std::isnan(value))
        value = -std::numeric_limits<double>::infinity();
    std::iota(order.begin(), order.end(), 0);
    llvm::sort(order, [&](int64_t lhs, int64_t rhs) {
      return std::pair(-values[lhs], lhs) < std::pair(-values[rhs], rhs);
    });
    for (int64_t i = 0; i < k; ++i)
      result->integers()[row * k + i] =
          wrapInteger(order[i], result->getElementType());
  }
  return result;
}

//===----------------------------------------------------------------------===//
// TakeAlong
//===----------------------------------------------------------------------===//

static LogicalResult checkShapes(TakeAlongOp op, ShapeCheck &check) {
  int64_t rank = check.shape(0).size();
  if (failed(check.atLeastRank("input", 0, 1)) ||
      failed(check.rank("indices", 1, rank)))
    return failure();
  for (int64_t i = 0; i < rank - 1; ++i)
    if (failed(check.equal("dimension " + Twine(i) + " of indices",
                           check.shape(1)[i], "that of input",
                           check.shape(0)[i])))
      return failure();
  return success();
}

LogicalResult TakeAlongOp::verify() {
  if (getInput().getType().getElementType() != getType().getElementType())
    return emitOpError("element type ")
           << getType().getElementType() << " of the result differs from "
           << getInput().getType().getElementType() << " of input";
  ShapeCheck check(*this);
  return check.result(checkShapes(*this, check));
}

Sizes TakeAlongOp::reifySizes(ArrayRef<Sizes> operands) { return operands[1]; }

ShardingRule TakeAlongOp::getShardingRule(ArrayRef<Sizes> operands,
                                          const Sizes &result) {
  RuleBuilder rule(operands, result);
  int64_t last = result.size() - 1;
  rule.addBroadcast({0, 1}, 0, last);
  rule.add(FactorKind::Replicate, {{0, last}});
  rule.add(FactorKind::PassThrough, {{1, last}, {kResult, last}});
  return rule.take();
}

Cost TakeAlongOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  Cost cost = copyCost(*this, result);
  cost.bytesRead =
      cost.bytesRead + numBytes(getIndices().getType(), operands[1]);
  return cost;
}

FailureOr<HostTensor> TakeAlongOp::evaluate(ArrayRef<HostTensor> operands,
                                            const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(*this, check));
  if (failed(result))
    return failure();
  const HostTensor &input = operands[0], &indices = operands[1];
  Type type = indices.getElementType();
  int64_t size = check.fromEnd(0, 1), count = check.fromEnd(1, 1);
  for (int64_t i = 0, e = result->getNumElements(); i < e; ++i) {
    int64_t index = indices.integers()[i];
    if (failed(check.index("index", index, type, 0, size)))
      return failure();
    int64_t from = i / count * size + index;
    if (input.isFloat())
      result->floats()[i] = input.floats()[from];
    else
      result->integers()[i] = input.integers()[from];
  }
  return result;
}

} // namespace weft
