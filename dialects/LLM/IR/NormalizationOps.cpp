//===- NormalizationOps.cpp - Normalizations and reductions ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Iteration.h"
#include "dialects/LLM/IR/Scalars.h"
#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace weft {

static constexpr unsigned kResult = RuleBuilder::kResult;

//===----------------------------------------------------------------------===//
// LayerNorm
//===----------------------------------------------------------------------===//

ParseResult LayerNormOp::parse(OpAsmParser &parser, OperationState &result) {
  OpAsmParser::UnresolvedOperand input, scale, bias;
  FloatAttr epsilon;
  if (parser.parseOperand(input) || parser.parseComma() ||
      parser.parseOperand(scale))
    return failure();
  bool hasBias = succeeded(parser.parseOptionalKeyword("bias"));
  if ((hasBias && parser.parseOperand(bias)) ||
      parser.parseKeyword("epsilon") ||
      parser.parseAttribute(epsilon, parser.getBuilder().getF32Type(),
                            "epsilon", result.attributes) ||
      parser.parseOptionalAttrDict(result.attributes))
    return failure();
  Type inputType, scaleType, biasType;
  if (parser.parseColonType(inputType) || parser.parseComma() ||
      parser.parseType(scaleType) ||
      (hasBias && (parser.parseComma() || parser.parseType(biasType))) ||
      parser.resolveOperand(input, inputType, result.operands) ||
      parser.resolveOperand(scale, scaleType, result.operands) ||
      (hasBias && parser.resolveOperand(bias, biasType, result.operands)))
    return failure();
  result.addTypes(inputType);
  return success();
}

void LayerNormOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getInput() << ", " << getScale();
  if (getBias())
    printer << " bias " << getBias();
  printer << " epsilon ";
  printer.printAttributeWithoutType(getEpsilonAttr());
  printer.printOptionalAttrDict((*this)->getAttrs(), {"epsilon"});
  printer << " : " << getInput().getType() << ", " << getScale().getType();
  if (getBias())
    printer << ", " << getBias().getType();
}

static LogicalResult checkShapes(LayerNormOp op, ShapeCheck &check) {
  if (failed(check.atLeastRank("input", 0, 1)) ||
      failed(check.rank("scale", 1, 1)) ||
      failed(check.equal("dimension 0 of scale", check.shape(1)[0],
                         "the last dimension of input", check.fromEnd(0, 1))))
    return failure();
  if (!op.getBias())
    return success();
  if (failed(check.rank("bias", 2, 1)))
    return failure();
  return check.equal("dimension 0 of bias", check.shape(2)[0],
                     "the last dimension of input", check.fromEnd(0, 1));
}

LogicalResult LayerNormOp::verify() {
  if (getType() != getInput().getType())
    return emitOpError("result type ") << getType() << " differs from "
                                       << getInput().getType() << " of input";
  float epsilon = getEpsilon().convertToFloat();
  if (!(epsilon >= 0) || !std::isfinite(epsilon))
    return emitOpError("epsilon is ")
           << epsilon << " but needs to be finite and not negative";
  ShapeCheck check(*this);
  return checkShapes(*this, check);
}

Sizes LayerNormOp::reifySizes(ArrayRef<Sizes> operands) { return operands[0]; }

ShardingRule LayerNormOp::getShardingRule(ArrayRef<Sizes> operands,
                                          const Sizes &result) {
  RuleBuilder rule(operands, result);
  int64_t last = result.size() - 1;
  rule.addBroadcast({0}, 0, last);
  SmallVector<RuleBuilder::Place> places = {{0, last}, {1, 0}, {kResult, last}};
  if (getBias())
    places.push_back({2, 0});
  rule.add(FactorKind::Replicate, places);
  return rule.take();
}

Cost LayerNormOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  // Sum; difference, square, sum; difference, product; scale (and bias).
  return costOf(*this, operands, result,
                numElements(result) * (getBias() ? 8 : 7));
}

FailureOr<HostTensor> LayerNormOp::evaluate(ArrayRef<HostTensor> operands,
                                            const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult(checkShapes(*this, check));
  if (failed(result))
    return failure();
  int64_t columns = check.fromEnd(0, 1);
  double epsilon = getEpsilon().convertToFloat();
  ArrayRef<double> input = operands[0].floats();
  for (size_t row = 0; row < input.size(); row += columns) {
    double sum = 0, squares = 0;
    for (double x : input.slice(row, columns))
      sum += x;
    double mean = sum / double(columns);
    for (double x : input.slice(row, columns))
      squares += (x - mean) * (x - mean);
    double factor = 1 / std::sqrt(squares / double(columns) + epsilon);
    for (int64_t i = 0; i < columns; ++i)
      result->floats()[row + i] =
          (input[row + i] - mean) * factor * operands[1].floats()[i] +
          (getBias() ? operands[2].floats()[i] : 0);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

LogicalResult SoftmaxOp::verify() {
  ShapeCheck check(*this);
  return check.axis(getAxis(), getType().getRank());
}

Sizes SoftmaxOp::reifySizes(ArrayRef<Sizes> operands) { return operands[0]; }

ShardingRule SoftmaxOp::getShardingRule(ArrayRef<Sizes> operands,
                                        const Sizes &result) {
  RuleBuilder rule(operands, result);
  for (int64_t i = 0, rank = result.size(); i < rank; ++i)
    rule.add(i == int64_t(getAxis()) ? FactorKind::Replicate
                                     : FactorKind::PassThrough,
             {{0, i}, {kResult, i}});
  return rule.take();
}

Cost SoftmaxOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  // Maximum, difference, power, sum, quotient.
  return costOf(*this, operands, result, numElements(result) * 5);
}

FailureOr<HostTensor> SoftmaxOp::evaluate(ArrayRef<HostTensor> operands,
                                          const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result))
    return failure();
  constexpr double lowest = -std::numeric_limits<double>::infinity();
  SmallVector<int64_t> outer(check.shape(0));
  int64_t count = outer[getAxis()];
  View view = rowMajor(outer);
  int64_t step = view.strides[getAxis()];
  if (count == 0)
    return result;
  outer[getAxis()] = 1;
  forEachIndex(outer, view, [&](ArrayRef<int64_t> at) {
    const double *in = operands[0].floats().data() + at[0];
    double *out = result->floats().data() + at[0];
    double greatest = lowest, sum = 0;
    for (int64_t i = 0; i < count; ++i)
      greatest = maximum(greatest, in[i * step]);
    if (greatest == lowest)
      return;
    for (int64_t i = 0; i < count; ++i)
      sum += out[i * step] = std::exp(in[i * step] - greatest);
    for (int64_t i = 0; i < count; ++i)
      out[i * step] /= sum;
  });
  return result;
}

//===----------------------------------------------------------------------===//
// Reduce
//===----------------------------------------------------------------------===//

LogicalResult ReduceOp::verify() {
  ShapeCheck check(*this);
  int64_t previous = -1;
  for (int64_t axis : getAxes()) {
    if (failed(check.axis(axis, getInput().getType().getRank())))
      return failure();
    if (axis <= previous)
      return emitOpError("axes are not ascending: ")
             << previous << " comes before " << axis;
    previous = axis;
  }
  return check.result();
}

Sizes ReduceOp::reifySizes(ArrayRef<Sizes> operands) {
  Sizes result = operands[0];
  for (int64_t axis : getAxes())
    result[axis] = 1;
  return result;
}

ShardingRule ReduceOp::getShardingRule(ArrayRef<Sizes> operands,
                                       const Sizes &result) {
  auto kindOf = [&] {
    switch (getKind()) {
    case Reduction::sum:
      return FactorKind::Sum;
    case Reduction::max:
      return FactorKind::Max;
    case Reduction::min:
      return FactorKind::Min;
    case Reduction::mean:
    case Reduction::prod:
      return FactorKind::Replicate;
    }
    llvm_unreachable("all reductions are handled");
  };
  RuleBuilder rule(operands, result);
  for (int64_t i = 0, rank = result.size(); i < rank; ++i) {
    if (llvm::is_contained(getAxes(), i))
      rule.add(kindOf(), {{0, i}});
    else
      rule.add(FactorKind::PassThrough, {{0, i}, {kResult, i}});
  }
  return rule.take();
}

Cost ReduceOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return costOf(*this, operands, result, numElements(operands[0]));
}

static double reduceFloat(Reduction kind, double x, double y) {
  switch (kind) {
  case Reduction::sum:
  case Reduction::mean:
    return x + y;
  case Reduction::max:
    return maximum(x, y);
  case Reduction::min:
    return minimum(x, y);
  case Reduction::prod:
    return x * y;
  }
  llvm_unreachable("all reductions are handled");
}

static int64_t reduceInteger(Reduction kind, int64_t x, int64_t y, Type type) {
  switch (kind) {
  case Reduction::sum:
  case Reduction::mean:
    return int64_t(uint64_t(x) + uint64_t(y));
  case Reduction::max:
    return integerLess(x, y, type) ? y : x;
  case Reduction::min:
    return integerLess(x, y, type) ? x : y;
  case Reduction::prod:
    return int64_t(uint64_t(x) * uint64_t(y));
  }
  llvm_unreachable("all reductions are handled");
}

/// The value over no elements.
static double neutralFloat(Reduction kind) {
  double infinity = std::numeric_limits<double>::infinity();
  return kind == Reduction::max    ? -infinity
         : kind == Reduction::min  ? infinity
         : kind == Reduction::prod ? 1
                                   : 0;
}

static int64_t neutralInteger(Reduction kind, Type type) {
  double infinity = std::numeric_limits<double>::infinity();
  return kind == Reduction::prod || kind == Reduction::sum ||
                 kind == Reduction::mean
             ? kind == Reduction::prod
             : toInteger(kind == Reduction::max ? -infinity : infinity, type);
}

FailureOr<HostTensor> ReduceOp::evaluate(ArrayRef<HostTensor> operands,
                                         const Evaluation &evaluation) {
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result))
    return failure();
  const HostTensor &input = operands[0];
  Type type = input.getElementType();
  Reduction kind = getKind();
  llvm::fill(result->floats(), neutralFloat(kind));
  if (!result->isFloat())
    llvm::fill(result->integers(), neutralInteger(kind, type));
  View from = rowMajor(input.getShape()), to = rowMajor(result->getShape());
  int64_t count = 1;
  for (int64_t axis : getAxes()) {
    to.strides[axis] = 0;
    count *= input.getShape()[axis];
  }
  forEachIndex(input.getShape(), {to, from}, [&](ArrayRef<int64_t> at) {
    if (input.isFloat()) {
      double &sum = result->floats()[at[0]];
      sum = reduceFloat(kind, sum, input.floats()[at[1]]);
    } else {
      int64_t &sum = result->integers()[at[0]];
      sum = reduceInteger(kind, sum, input.integers()[at[1]], type);
    }
  });
  if (kind == Reduction::mean) {
    for (double &sum : result->floats())
      sum /= double(count);
    if (count == 0 && !result->integers().empty())
      return check.error("takes the mean of no integers");
    for (int64_t &sum : result->integers())
      sum = isUnsignedElement(type) ? int64_t(uint64_t(sum) / uint64_t(count))
                                    : sum / count;
  }
  for (int64_t &value : result->integers())
    value = wrapInteger(value, type);
  return result;
}

} // namespace weft
