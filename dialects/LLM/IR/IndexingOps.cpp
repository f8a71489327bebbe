//===- IndexingOps.cpp - Ops that read or make indices --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Iteration.h"
#include "dialects/LLM/IR/Scalars.h"
#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

using namespace mlir;

namespace weft {

using Place = RuleBuilder::Place;
static constexpr unsigned kResult = RuleBuilder::kResult;

static Sizes gatherSizes(const Sizes &input, const Sizes &indices,
                         int64_t axis) {
  Sizes result(input.begin(), input.begin() + axis);
  result.append(indices);
  result.append(input.begin() + axis + 1, input.end());
  return result;
}

static ShardingRule gatherRule(ArrayRef<Sizes> operands, const Sizes &result,
                               unsigned input, unsigned indices, int64_t axis) {
  RuleBuilder rule(operands, result);
  int64_t indexRank = operands[indices].size();
  for (int64_t i = 0; i < indexRank; ++i)
    rule.add(FactorKind::PassThrough, {{indices, i}, {kResult, axis + i}});
  for (int64_t i = 0, rank = operands[input].size(); i < rank; ++i) {
    if (i == axis)
      rule.add(FactorKind::Replicate, {{input, i}});
    else
      rule.add(FactorKind::PassThrough,
               {{input, i}, {kResult, i < axis ? i : i + indexRank - 1}});
  }
  return rule.take();
}

/// Reads the indices and as much of the input as the result holds.
static Cost gatherCost(Operation *op, Type inputType, Type indexType,
                       const Sizes &indices, const Sizes &result) {
  return {0, numBytes(inputType, result) + numBytes(indexType, indices),
          numBytes(op->getResult(0).getType(), result)};
}

/// Copies the slices that `indices` pick along `axis`. An index outside of the
/// dimension is an error, one that counts `fromEnd` may be negative.
static FailureOr<HostTensor> gather(ShapeCheck &check, const HostTensor &input,
                                    const HostTensor &indices, int64_t axis,
                                    bool fromEnd, StringRef name) {
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result))
    return failure();
  ArrayRef<int64_t> shape = input.getShape();
  Type type = indices.getElementType();
  int64_t size = shape[axis];
  int64_t lowest = fromEnd && !isUnsignedElement(type) ? -size : 0;
  // Walks the result as [before the axis, indices, behind the axis].
  int64_t before = ShapedType::getNumElements(shape.take_front(axis)),
          behind = ShapedType::getNumElements(shape.drop_front(axis + 1)),
          count = indices.getNumElements();
  for (int64_t i = 0; i < count; ++i) {
    int64_t index = indices.integers()[i];
    if (failed(check.index(name, index, type, lowest, size)))
      return failure();
    View to = {{count * behind, 1}, i * behind};
    View from = {{size * behind, 1},
                 (index < 0 ? index + size : index) * behind};
    copyElements({before, behind}, *result, to, input, from);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Embedding
//===----------------------------------------------------------------------===//

LogicalResult EmbeddingOp::verify() {
  ShapeCheck check(*this);
  Type element = getType().getElementType();
  Type stored = getTable().getType().getElementType();
  if (stored != element && !isHeldNarrow(stored, element))
    return emitOpError("element type ")
           << element << " of the result differs from " << stored
           << " of table";
  return check.result(check.rank("table", 1, 2));
}

Sizes EmbeddingOp::reifySizes(ArrayRef<Sizes> operands) {
  Sizes result = operands[0];
  result.push_back(operands[1][1]);
  return result;
}

ShardingRule EmbeddingOp::getShardingRule(ArrayRef<Sizes> operands,
                                          const Sizes &result) {
  return gatherRule(operands, result, 1, 0, 0);
}

Cost EmbeddingOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return gatherCost(*this, getTable().getType(), getIds().getType(),
                    operands[0], result);
}

FailureOr<HostTensor> EmbeddingOp::evaluate(ArrayRef<HostTensor> operands,
                                            const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  const HostTensor &ids = operands[0], &table = operands[1];
  if (!table.isBlock())
    return gather(check, table, ids, 0, false, "id");
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result))
    return failure();
  int64_t rows = check.shape(1)[0], columns = check.shape(1)[1];
  for (auto [i, id] : llvm::enumerate(ids.integers())) {
    if (failed(check.index("id", id, ids.getElementType(), 0, rows)))
      return failure();
    table.readRow(id, result->floats().slice(i * columns, columns));
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::verify() {
  ShapeCheck check(*this);
  if (getInput().getType().getElementType() != getType().getElementType())
    return emitOpError("element type ")
           << getType().getElementType() << " of the result differs from "
           << getInput().getType().getElementType() << " of input";
  return check.result(check.axis(getAxis(), check.shape(0).size()));
}

Sizes GatherOp::reifySizes(ArrayRef<Sizes> operands) {
  return gatherSizes(operands[0], operands[1], getAxis());
}

ShardingRule GatherOp::getShardingRule(ArrayRef<Sizes> operands,
                                       const Sizes &result) {
  return gatherRule(operands, result, 0, 1, getAxis());
}

Cost GatherOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return gatherCost(*this, getInput().getType(), getIndices().getType(),
                    operands[1], result);
}

FailureOr<HostTensor> GatherOp::evaluate(ArrayRef<HostTensor> operands,
                                         const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  return gather(check, operands[0], operands[1], getAxis(), true, "index");
}

//===----------------------------------------------------------------------===//
// Iota
//===----------------------------------------------------------------------===//

LogicalResult IotaOp::verify() {
  ShapeCheck check(*this);
  return check.result(check.axis(getAxis(), getType().getRank()));
}

Sizes IotaOp::reifySizes(ArrayRef<Sizes>) { return getSizes().getExprs(); }

ShardingRule IotaOp::getShardingRule(ArrayRef<Sizes> operands,
                                     const Sizes &result) {
  RuleBuilder rule(operands, result);
  for (int64_t i = 0, rank = result.size(); i < rank; ++i)
    rule.add(i == int64_t(getAxis()) ? FactorKind::Replicate
                                     : FactorKind::PassThrough,
             {{kResult, i}});
  return rule.take();
}

Cost IotaOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return costOf(*this, operands, result, 0);
}

FailureOr<HostTensor> IotaOp::evaluate(ArrayRef<HostTensor> operands,
                                       const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result))
    return failure();
  ArrayRef<int64_t> shape = result->getShape();
  // The second view's position is the index along the axis.
  View counter = {SmallVector<int64_t, 4>(shape.size(), 0), 0};
  counter.strides[getAxis()] = 1;
  Type type = result->getElementType();
  forEachIndex(shape, {rowMajor(shape), counter}, [&](ArrayRef<int64_t> at) {
    if (result->isFloat())
      result->floats()[at[0]] = double(at[1]);
    else
      result->integers()[at[0]] = wrapInteger(at[1], type);
  });
  return result;
}

} // namespace weft
