//===- RopeOp.cpp - Rotary position embedding -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

using namespace mlir;

namespace weft {

static constexpr unsigned kResult = RuleBuilder::kResult;

static LogicalResult checkShapes(ShapeCheck &check) {
  if (failed(check.rank("input", 0, 3)) || failed(check.rank("cos", 1, 2)) ||
      failed(check.rank("sin", 2, 2)))
    return failure();
  ArrayRef<int64_t> input = check.shape(0), cos = check.shape(1),
                    sin = check.shape(2);
  if (failed(check.equal("dimension 0 of cos", cos[0], "that of input",
                         input[0])) ||
      failed(check.equal("dimension 0 of sin", sin[0], "that of input",
                         input[0])) ||
      failed(check.equal("dimension 1 of sin", sin[1], "that of cos", cos[1])))
    return failure();
  if (ShapedType::isDynamic(cos[1]) || ShapedType::isDynamic(input[2]))
    return success();
  return check.require(cos[1] <= input[2] / 2,
                       "turns " + Twine(cos[1]) +
                           " pairs but the heads of input have " +
                           Twine(input[2]) + " elements");
}

LogicalResult RopeOp::verify() {
  Type element = getType().getElementType();
  for (Type type : {getCos().getType(), getSin().getType()})
    if (getElementTypeOrSelf(type) != element)
      return emitOpError("element type ")
             << getElementTypeOrSelf(type) << " of cos or sin differs from "
             << element << " of input";
  ShapeCheck check(*this);
  return check.result(checkShapes(check));
}

Sizes RopeOp::reifySizes(ArrayRef<Sizes> operands) { return operands[0]; }

ShardingRule RopeOp::getShardingRule(ArrayRef<Sizes> operands,
                                     const Sizes &result) {
  RuleBuilder rule(operands, result);
  rule.add(FactorKind::PassThrough, {{0, 0}, {1, 0}, {2, 0}, {kResult, 0}});
  rule.add(FactorKind::PassThrough, {{0, 1}, {kResult, 1}});
  rule.add(FactorKind::Replicate, {{0, 2}, {kResult, 2}});
  rule.add(FactorKind::Replicate, {{1, 1}, {2, 1}});
  return rule.take();
}

Cost RopeOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  // Four products and two sums for each pair.
  return costOf(*this, operands, result,
                result[0] * result[1] * operands[1][1] * 6);
}

FailureOr<HostTensor> RopeOp::evaluate(ArrayRef<HostTensor> operands,
                                       const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(check));
  if (failed(result))
    return failure();
  llvm::copy(operands[0].floats(), result->floats().begin());
  int64_t tokens = check.shape(0)[0], heads = check.shape(0)[1],
          size = check.shape(0)[2], pairs = check.shape(1)[1];
  bool isHalf = getStyle() == RopeStyle::half;
  for (int64_t token = 0; token < tokens; ++token)
    for (int64_t head = 0; head < heads; ++head)
      for (int64_t i = 0; i < pairs; ++i) {
        double *row = result->floats().data() + (token * heads + head) * size;
        double &a = row[isHalf ? i : 2 * i];
        double &b = row[isHalf ? i + pairs : 2 * i + 1];
        double cos = operands[1].floats()[token * pairs + i],
               sin = operands[2].floats()[token * pairs + i];
        double turned = a * cos - b * sin;
        b = b * cos + a * sin;
        a = turned;
      }
  return result;
}

} // namespace weft
