//===- Reshard.cpp - dist.reshard -----------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/IR/Sharding.h"
#include "dialects/LLM/IR/ShardingRules.h"

using namespace mlir;

namespace weft::dist {

static bool fits(RankedTensorType type, const Sizes &sizes) {
  if (type.getRank() != int64_t(sizes.size()))
    return false;
  for (auto [dimension, size] : llvm::zip_equal(type.getShape(), sizes))
    if (std::optional<int64_t> constant = size.asConstant();
        constant && !ShapedType::isDynamic(dimension) && dimension != *constant)
      return false;
  return true;
}

LogicalResult ReshardOp::verify() {
  RankedTensorType input = getInput().getType(), result = getType();
  if (input.getElementType() != result.getElementType())
    return emitOpError("changes the element type from ")
           << input.getElementType() << " to " << result.getElementType();
  std::optional<Mesh> mesh = Mesh::find(*this);
  if (!mesh)
    return emitOpError("is in a module that declares no dist.mesh");
  auto emitError = [&] { return emitOpError(); };
  Sizes sizes = getSizes().getExprs();
  if (failed(verifySharding(emitError, getSource(), sizes.size(), *mesh)) ||
      failed(verifySharding(emitError, getTarget(), sizes.size(), *mesh)))
    return failure();
  bool isGlobal =
      !isInLocalForm(*this) && fits(input, sizes) && fits(result, sizes);
  if (!isGlobal && !(fits(input, getLocalSizes(sizes, getSource(), *mesh)) &&
                     fits(result, getLocalSizes(sizes, getTarget(), *mesh))))
    return emitOpError("has types that are neither those of the whole tensor "
                       "nor those of its shards: ")
           << input << " and " << result;
  return success();
}

OpFoldResult ReshardOp::fold(FoldAdaptor) {
  if (getSource() == getTarget() && getInput().getType() == getType())
    return getInput();
  return {};
}

Sizes ReshardOp::reifySizes(ArrayRef<Sizes>) {
  Sizes sizes = getSizes().getExprs();
  if (std::optional<Mesh> mesh = Mesh::find(*this);
      mesh && (isInLocalForm(*this) || !fits(getType(), sizes)))
    return getLocalSizes(sizes, getTarget(), *mesh);
  return sizes;
}

ShardingRule ReshardOp::getShardingRule(ArrayRef<Sizes> operands,
                                        const Sizes &result) {
  return RuleBuilder(operands, result).take();
}

Cost ReshardOp::getCost(ArrayRef<Sizes>, const Sizes &result) {
  return copyCost(*this, result);
}

FailureOr<HostTensor> ReshardOp::evaluate(ArrayRef<HostTensor> operands,
                                          const Evaluation &evaluation) {
  // In the global form the value is the whole tensor.
  if (!isInLocalForm(*this) && getInput().getType() == getType())
    return operands[0];
  return evaluation.emitError(
      "a reshard of shards has no value on one rank alone");
}

} // namespace weft::dist
