//===- ShardingRules.cpp - Building rules and costs -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/ShardingRules.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {

RuleBuilder::RuleBuilder(ArrayRef<Sizes> operands, const Sizes &result)
    : operands(operands), result(result) {
  for (const Sizes &operand : operands)
    rule.operands.emplace_back(operand.size());
  rule.result.resize(result.size());
}

void RuleBuilder::add(FactorKind kind, ArrayRef<Place> places) {
  unsigned factor = rule.factors.size();
  rule.factors.push_back(kind);
  for (Place place : places) {
    auto &dimensions =
        place.operand == kResult ? rule.result : rule.operands[place.operand];
    dimensions[place.dimension].push_back(factor);
  }
}

void RuleBuilder::addBroadcast(ArrayRef<unsigned> operandIndices, int64_t first,
                               int64_t last) {
  for (int64_t dim = first; dim < last; ++dim) {
    FactorKind kind = FactorKind::PassThrough;
    SmallVector<Place> places = {{kResult, dim}};
    for (unsigned i : operandIndices) {
      const Sizes &sizes = operands[i];
      int64_t aligned = dim - int64_t(result.size()) + int64_t(sizes.size());
      if (aligned < 0)
        continue;
      if (sizes[aligned] == result[dim])
        places.push_back({i, aligned});
      else if (sizes[aligned] != SizeExpr(1))
        kind = FactorKind::Replicate;
    }
    add(kind, places);
  }
}

ShardingRule elementwiseRule(ArrayRef<Sizes> operands, const Sizes &result) {
  RuleBuilder builder(operands, result);
  builder.addBroadcast(llvm::to_vector(llvm::seq<unsigned>(0, operands.size())),
                       0, result.size());
  return builder.take();
}

ShardingRule reshapeRule(ArrayRef<Sizes> operands, const Sizes &result) {
  // Walks both shapes at once and closes a group of dimensions where the
  // products are equal. Groups of one dimension against several share factors;
  // several against several are left whole.
  RuleBuilder builder(operands, result);
  const Sizes &input = operands[0];
  auto withoutOnes = [](const Sizes &sizes) {
    SmallVector<int64_t> kept;
    for (auto [i, size] : llvm::enumerate(sizes))
      if (size != SizeExpr(1))
        kept.push_back(i);
    return kept;
  };
  SmallVector<int64_t> from = withoutOnes(input), to = withoutOnes(result);
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    size_t firstFrom = i, firstTo = j;
    SizeExpr fromProduct = input[from[i++]], toProduct = result[to[j++]];
    while (fromProduct != toProduct && (i < from.size() || j < to.size())) {
      bool growFrom =
          j == to.size() ||
          (i < from.size() && exactDiv(toProduct, fromProduct).has_value());
      if (growFrom)
        fromProduct = fromProduct * input[from[i++]];
      else
        toProduct = toProduct * result[to[j++]];
    }
    if (fromProduct != toProduct)
      break;
    bool oneFrom = i - firstFrom == 1, oneTo = j - firstTo == 1;
    if (oneFrom)
      for (size_t k = firstTo; k < j; ++k)
        builder.add(FactorKind::PassThrough,
                    {{0, from[firstFrom]}, {RuleBuilder::kResult, to[k]}});
    else if (oneTo)
      for (size_t k = firstFrom; k < i; ++k)
        builder.add(FactorKind::PassThrough,
                    {{0, from[k]}, {RuleBuilder::kResult, to[firstTo]}});
  }
  return builder.take();
}

SizeExpr numElements(const Sizes &sizes) {
  SizeExpr count = 1;
  for (const SizeExpr &size : sizes)
    count = count * size;
  return count;
}

SizeExpr numBytes(Type type, const Sizes &sizes) {
  if (auto block = dyn_cast<BlockType>(getElementTypeOrSelf(type))) {
    Sizes blocks = sizes;
    blocks.back() = ceilDiv(blocks.back(), block.getInfo().elements);
    if (block.isInterleaved())
      blocks[blocks.size() - 2] =
          ceilDiv(blocks[blocks.size() - 2], block.getRows()) * block.getRows();
    return numElements(blocks) * block.getInfo().bytes;
  }
  unsigned bits = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  return numElements(sizes) * int64_t((bits + 7) / 8);
}

Cost costOf(Operation *op, ArrayRef<Sizes> operands, const Sizes &result,
            const SizeExpr &flops) {
  Cost cost;
  cost.flops = flops;
  for (auto [type, sizes] : llvm::zip(op->getOperandTypes(), operands))
    cost.bytesRead = cost.bytesRead + numBytes(type, sizes);
  cost.bytesWritten = numBytes(op->getResult(0).getType(), result);
  return cost;
}

Cost elementwiseCost(Operation *op, ArrayRef<Sizes> operands,
                     const Sizes &result) {
  return costOf(op, operands, result, numElements(result));
}

Cost copyCost(Operation *op, const Sizes &result) {
  SizeExpr bytes = numBytes(op->getResult(0).getType(), result);
  return {0, bytes, bytes};
}

} // namespace weft
