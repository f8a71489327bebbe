//===- ExpertLinearOp.cpp - Dense layers that each row chooses ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/RoundActivations.h"
#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

using namespace mlir;

namespace weft {

using Place = RuleBuilder::Place;
static constexpr unsigned kResult = RuleBuilder::kResult;

enum Operand { kInput, kWeight, kExperts };

static LogicalResult checkShapes(ShapeCheck &check) {
  ArrayRef<int64_t> input = check.shape(kInput), weight = check.shape(kWeight),
                    experts = check.shape(kExperts);
  if (input.size() != 2 && input.size() != 3)
    return check.error("input has rank " + Twine(input.size()) +
                       " but needs rank 2 or 3");
  if (failed(check.rank("weight", kWeight, 3)) ||
      failed(check.rank("experts", kExperts, 2)) ||
      failed(check.equal("the last dimension of input", input.back(),
                         "dimension 2 of weight", weight[2])) ||
      failed(check.equal("dimension 0 of experts", experts[0], "that of input",
                         input[0])))
    return failure();
  if (input.size() == 2)
    return success();
  return check.equal("dimension 1 of experts", experts[1], "that of input",
                     input[1]);
}

LogicalResult ExpertLinearOp::verify() {
  Type element = getInput().getType().getElementType(),
       stored = getElementTypeOrSelf(getWeight());
  if (stored != element && !isHeldNarrow(stored, element))
    return emitOpError("element type ")
           << stored << " of weight differs from " << element << " of input";
  if (getType().getElementType() != element)
    return emitOpError("element type ")
           << getType().getElementType() << " of the result differs from "
           << element << " of input";
  ShapeCheck check(*this);
  return check.result(checkShapes(check));
}

Sizes ExpertLinearOp::reifySizes(ArrayRef<Sizes> operands) {
  Sizes result = operands[kExperts];
  result.push_back(operands[kWeight][1]);
  return result;
}

ShardingRule ExpertLinearOp::getShardingRule(ArrayRef<Sizes> operands,
                                             const Sizes &result) {
  RuleBuilder rule(operands, result);
  int64_t rank = operands[kInput].size();
  auto pass = FactorKind::PassThrough;
  rule.add(pass, {{kInput, 0}, {kExperts, 0}, {kResult, 0}});
  SmallVector<Place> choices = {{kExperts, 1}, {kResult, 1}};
  if (rank == 3)
    choices.push_back({kInput, 1});
  rule.add(pass, choices);
  rule.add(pass, {{kWeight, 1}, {kResult, 2}});
  rule.add(FactorKind::Sum, {{kInput, rank - 1}, {kWeight, 2}});
  // An index counts all experts.
  rule.add(FactorKind::Replicate, {{kWeight, 0}});
  return rule.take();
}

Cost ExpertLinearOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  // All experts are read, as by a step of many tokens.
  return costOf(*this, operands, result,
                numElements(result) * operands[kInput].back() * 2);
}

FailureOr<HostTensor> ExpertLinearOp::evaluate(ArrayRef<HostTensor> operands,
                                               const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(check));
  if (failed(result))
    return failure();
  const HostTensor &experts = operands[kExperts];
  int64_t depth = check.fromEnd(kInput, 1), choices = check.shape(kExperts)[1],
          numExperts = check.shape(kWeight)[0],
          columns = check.shape(kWeight)[1];
  bool shareRows = check.shape(kInput).size() == 2;
  std::vector<double> input = inputOf(operands[kInput], getActivations());
  std::vector<double> weights(depth);
  for (auto [i, expert] : llvm::enumerate(experts.integers())) {
    if (failed(check.index("expert", expert, experts.getElementType(), 0,
                           numExperts)))
      return failure();
    size_t row = shareRows ? i / choices : i;
    for (int64_t column = 0; column < columns; ++column) {
      operands[kWeight].readRow(expert * columns + column, weights);
      result->floats()[i * columns + column] =
          dot(ArrayRef(input).slice(row * depth, depth), weights);
    }
  }
  return result;
}

} // namespace weft
