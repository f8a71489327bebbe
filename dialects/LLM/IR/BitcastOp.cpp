//===- BitcastOp.cpp - The same bytes under another type ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

using namespace mlir;

namespace weft {

LogicalResult BitcastOp::verify() {
  ShapeCheck check(*this);
  if (failed(check.result()))
    return failure();
  std::optional<int64_t> from = getStorageBytes(getInput().getType()),
                         to = getStorageBytes(getType());
  if (from && to && *from == *to)
    return success();
  InFlightDiagnostic error = emitOpError();
  for (auto [name, bytes] : {std::pair("input has ", from),
                             std::pair(" bytes but the result has ", to)}) {
    error << name;
    if (bytes)
      error << *bytes;
    else
      error << "more than 2^63";
  }
  return error;
}

Sizes BitcastOp::reifySizes(ArrayRef<Sizes>) {
  return constantSizes(getType().getShape());
}

ShardingRule BitcastOp::getShardingRule(ArrayRef<Sizes> operands,
                                        const Sizes &result) {
  // Leading dimensions of the same size stay what they are, unless rows lie
  // interleaved.
  RuleBuilder rule(operands, result);
  auto isInterleaved = [](RankedTensorType type) {
    auto block = dyn_cast<BlockType>(type.getElementType());
    return block && block.isInterleaved();
  };
  if (isInterleaved(getInput().getType()) || isInterleaved(getType()))
    return rule.take();
  int64_t rank = std::min(operands[0].size(), result.size());
  for (int64_t i = 0; i < rank - 1 && operands[0][i] == result[i]; ++i)
    rule.add(FactorKind::PassThrough, {{0, i}, {RuleBuilder::kResult, i}});
  return rule.take();
}

Cost BitcastOp::getCost(ArrayRef<Sizes>, const Sizes &) {
  return {}; // The same bytes under another name.
}

FailureOr<HostTensor> BitcastOp::evaluate(ArrayRef<HostTensor> operands,
                                          const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result))
    return failure();
  result->setStoredBytes(operands[0].getStoredBytes());
  return result;
}

OpFoldResult BitcastOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto inner = getInput().getDefiningOp<BitcastOp>();
  if (!inner)
    return {};
  if (inner.getInput().getType() == getType())
    return inner.getInput();
  getInputMutable().assign(inner.getInput());
  return getResult();
}

} // namespace weft
