//===- ContractionOps.cpp - Products of matrices --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Iteration.h"
#include "dialects/LLM/IR/RoundActivations.h"
#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

using namespace mlir;

namespace weft {

using Place = RuleBuilder::Place;
static constexpr unsigned kResult = RuleBuilder::kResult;

//===----------------------------------------------------------------------===//
// Linear
//===----------------------------------------------------------------------===//

static LogicalResult checkShapes(LinearOp op, ShapeCheck &check) {
  if (failed(check.atLeastRank("input", 0, 1)) ||
      failed(check.rank("weight", 1, op.getPanel() ? 3 : 2)) ||
      failed(check.equal("the last dimension of input", check.fromEnd(0, 1),
                         "dimension 1 of weight", check.shape(1)[1])))
    return failure();
  if (op.getPanel() &&
      failed(check.equal("panel", *op.getPanel(), "dimension 2 of weight",
                         check.shape(1)[2])))
    return failure();
  int64_t rows = check.shape(1)[0];
  if (op.getPanel()) {
    // A packed weight does not say how many of its rows are padding.
    int64_t columns = op.getType().getShape().back();
    if (failed(check.equal(
            "dimension 0 of weight", rows, "the number of panels of the result",
            llvm::divideCeil(uint64_t(columns), *op.getPanel()))))
      return failure();
    rows = columns;
  }
  if (!op.getBias())
    return success();
  if (failed(check.rank("bias", 2, 1)))
    return failure();
  return check.equal("dimension 0 of bias", check.shape(2)[0],
                     op.getPanel() ? "the last dimension of the result"
                                   : "dimension 0 of weight",
                     rows);
}

LogicalResult LinearOp::verify() {
  Type element = getInput().getType().getElementType();
  for (OpOperand &operand : getOperation()->getOpOperands()) {
    Type type = getElementTypeOrSelf(operand.get());
    bool isWeight = &operand == &getWeightMutable();
    if (type != element && !(isWeight && isHeldNarrow(type, element)))
      return emitOpError("element type ")
             << type << " of an operand differs from " << element
             << " of input";
  }
  if (getType().getElementType() != element)
    return emitOpError("element type ")
           << getType().getElementType() << " of the result differs from "
           << element << " of input";
  if (getPanel() && isa<BlockType>(getElementTypeOrSelf(getWeight())))
    return emitOpError("has a panel, but rows in blocks are interleaved by "
                       "their type");
  if (getPanel() && *getPanel() < 1)
    return emitOpError("panel is ")
           << *getPanel() << " but needs to be 1 or more";
  if (getPanel() && (getType().getRank() == 0 ||
                     ShapedType::isDynamic(getType().getShape().back())))
    return emitOpError("with a panel needs a result whose last dimension is "
                       "static");
  ShapeCheck check(*this);
  return check.result(checkShapes(*this, check));
}

Sizes LinearOp::reifySizes(ArrayRef<Sizes> operands) {
  Sizes result = operands[0];
  result.back() =
      getPanel() ? SizeExpr(getType().getShape().back()) : operands[1][0];
  return result;
}

ShardingRule LinearOp::getShardingRule(ArrayRef<Sizes> operands,
                                       const Sizes &result) {
  RuleBuilder rule(operands, result);
  int64_t last = result.size() - 1;
  rule.addBroadcast({0}, 0, last);
  SmallVector<Place> rows = {{1, 0}, {kResult, last}};
  if (getBias())
    rows.push_back({2, 0});
  int64_t panel = getPanel().value_or(1);
  if (getType().getShape().back() % panel == 0 || !getPanel())
    rule.add(FactorKind::PassThrough, rows);
  if (getPanel() && getType().getShape().back() % panel == 0) {
    rows[0] = {1, 2};
    rule.add(FactorKind::Replicate, rows);
  }
  // With a bias, every partial sum would hold all of it.
  rule.add(getBias() ? FactorKind::Replicate : FactorKind::Sum,
           {{0, last}, {1, 1}});
  return rule.take();
}

Cost LinearOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  SizeExpr count = numElements(result);
  return costOf(*this, operands, result,
                count * operands[0].back() * 2 +
                    (getBias() ? count : SizeExpr(0)));
}

/// The weights of one column of the result.
static void readWeights(const HostTensor &weight, std::optional<int64_t> panel,
                        int64_t column, MutableArrayRef<double> values) {
  if (!panel)
    return weight.readRow(column, values);
  for (auto [k, value] : llvm::enumerate(values))
    value = weight.floats()[(column / *panel * values.size() + k) * *panel +
                            column % *panel];
}

FailureOr<HostTensor> LinearOp::evaluate(ArrayRef<HostTensor> operands,
                                         const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(*this, check));
  if (failed(result))
    return failure();
  int64_t depth = check.fromEnd(0, 1), columns = result->getShape().back();
  int64_t rows = columns == 0 ? 0 : result->getNumElements() / columns;
  std::vector<double> input = inputOf(operands[0], getActivations());
  std::vector<double> weights(depth);
  for (int64_t column = 0; column < columns; ++column) {
    readWeights(operands[1], getPanel(), column, weights);
    double bias = getBias() ? operands[2].floats()[column] : 0;
    for (int64_t row = 0; row < rows; ++row)
      result->floats()[row * columns + column] =
          dot(ArrayRef(input).slice(row * depth, depth), weights) + bias;
  }
  return result;
}

//===----------------------------------------------------------------------===//
// MatMul
//===----------------------------------------------------------------------===//

static LogicalResult checkShapes(MatMulOp op, ShapeCheck &check) {
  if (failed(check.atLeastRank("lhs", 0, 2)) ||
      failed(check.atLeastRank("rhs", 1, 2)) ||
      failed(check.equal("the last dimension of lhs", check.fromEnd(0, 1),
                         "the second to last dimension of rhs",
                         check.fromEnd(1, 2))))
    return failure();
  return check.broadcastable(
      {check.shape(0).drop_back(2), check.shape(1).drop_back(2)});
}

LogicalResult MatMulOp::verify() {
  ShapeCheck check(*this);
  return check.result(checkShapes(*this, check));
}

Sizes MatMulOp::reifySizes(ArrayRef<Sizes> operands) {
  Sizes lhs = operands[0], rhs = operands[1];
  SizeExpr rows = lhs[lhs.size() - 2], columns = rhs.back();
  lhs.pop_back_n(2);
  rhs.pop_back_n(2);
  Sizes result = broadcast({lhs, rhs});
  result.append({rows, columns});
  return result;
}

ShardingRule MatMulOp::getShardingRule(ArrayRef<Sizes> operands,
                                       const Sizes &result) {
  RuleBuilder rule(operands, result);
  int64_t rank = result.size(), lhsRank = operands[0].size(),
          rhsRank = operands[1].size();
  rule.addBroadcast({0, 1}, 0, rank - 2);
  rule.add(FactorKind::PassThrough, {{0, lhsRank - 2}, {kResult, rank - 2}});
  rule.add(FactorKind::PassThrough, {{1, rhsRank - 1}, {kResult, rank - 1}});
  rule.add(FactorKind::Sum, {{0, lhsRank - 1}, {1, rhsRank - 2}});
  return rule.take();
}

Cost MatMulOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return costOf(*this, operands, result,
                numElements(result) * operands[0].back() * 2);
}

/// For each of `shape` (batches, rows, columns) the product of a row and a
/// column; `Sum` wraps for integers. Rows of the result are summed whole, which
/// reads rhs along its rows: a model's weights are larger than caches.
template <typename T, typename Sum>
static void multiply(ArrayRef<int64_t> shape, ArrayRef<View> views,
                     int64_t depth, MutableArrayRef<T> out, ArrayRef<T> lhs,
                     ArrayRef<T> rhs) {
  int64_t columns = shape.back();
  SmallVector<int64_t> rows(shape);
  rows.back() = 1;
  forEachIndex(rows, views, [&](ArrayRef<int64_t> at) {
    for (int64_t k = 0; k < depth; ++k) {
      Sum factor = Sum(lhs[at[1] + k]);
      const T *row = rhs.data() + at[2] + k * columns;
      T *sums = out.data() + at[0];
      for (int64_t n = 0; n < columns; ++n)
        sums[n] = T(Sum(sums[n]) + factor * Sum(row[n]));
    }
  });
}

FailureOr<HostTensor> MatMulOp::evaluate(ArrayRef<HostTensor> operands,
                                         const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(*this, check));
  if (failed(result))
    return failure();
  ArrayRef<int64_t> shape = result->getShape();
  auto viewOf = [&](ArrayRef<int64_t> operand, bool isLhs) {
    View all = rowMajor(operand);
    View view = broadcastView(operand.drop_back(2), shape.drop_back(2));
    int64_t matrix = operand[operand.size() - 2] * operand.back();
    for (int64_t &stride : view.strides)
      stride *= matrix;
    view.strides.append(
        {isLhs ? all.strides[operand.size() - 2] : 0, isLhs ? 0 : int64_t(1)});
    return view;
  };
  View views[] = {rowMajor(shape), viewOf(operands[0].getShape(), true),
                  viewOf(operands[1].getShape(), false)};
  int64_t depth = check.fromEnd(0, 1);
  if (result->isFloat())
    multiply<double, double>(shape, views, depth, result->floats(),
                             operands[0].floats(), operands[1].floats());
  else
    multiply<int64_t, uint64_t>(shape, views, depth, result->integers(),
                                operands[0].integers(), operands[1].integers());
  if (!result->isFloat())
    result->roundToElementType();
  return result;
}

} // namespace weft
