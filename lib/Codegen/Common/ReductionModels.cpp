//===- ReductionModels.cpp - Reductions and normalizations ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/RowReduction.h"
#include "lib/Codegen/Common/VectorMath.h"

#include <limits>

using namespace mlir;
using arith::CmpFPredicate;

namespace weft {

static bool isFloat(Type type) { return isa<FloatType>(type); }

/// What a reduction starts from: the result over no elements.
static Value startOf(CodeBuilder &code, CombiningKind kind, Type type,
                     bool isUnsigned) {
  if (kind == CombiningKind::Sum || kind == CombiningKind::Product)
    return code.number(type, kind == CombiningKind::Product);
  bool isMaximum = kind == CombiningKind::Maximum;
  double infinity = std::numeric_limits<double>::infinity();
  if (isFloat(type))
    return code.number(type, isMaximum ? -infinity : infinity);
  unsigned width = type.getIntOrFloatBitWidth();
  if (isUnsigned)
    return code.integer(type, isMaximum ? 0 : -1);
  APInt start = isMaximum ? APInt::getSignedMinValue(width)
                          : APInt::getSignedMaxValue(width);
  return code.integer(type, start.getSExtValue());
}

/// An element of scale or bias in the input's computing type.
static Value widen(ElementEmitter &emitter, Value tensor, LaneIndex index,
                   Type type) {
  Value value = emitter.element(tensor, {index});
  Type wanted = CodeBuilder::withElement(value.getType(), type);
  unsigned width =
      getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth();
  if (width < type.getIntOrFloatBitWidth())
    return emitter.code.make<arith::ExtFOp>(wanted, value);
  if (width > type.getIntOrFloatBitWidth())
    return emitter.code.make<arith::TruncFOp>(wanted, value);
  return value;
}

namespace {
struct ReduceModel : ElementOpInterface::ExternalModel<ReduceModel, ReduceOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto reduce = cast<ReduceOp>(op);
    CodeBuilder &code = emitter.code;
    Value input = reduce.getInput();
    Type element = elementTypeOf(input);
    Type type = ElementEmitter::computeType(element);
    bool isUnsigned = element.isUnsignedInteger() || element.isInteger(1);
    Reduction reduction = reduce.getKind();
    CombiningKind kind = reduction == Reduction::max    ? CombiningKind::Maximum
                         : reduction == Reduction::min  ? CombiningKind::Minimum
                         : reduction == Reduction::prod ? CombiningKind::Product
                                                        : CombiningKind::Sum;
    // Indices of reduced dimensions take no part in the result.
    LaneIndices outer(index);
    SmallVector<size_t> axes;
    for (int64_t axis : reduce.getAxes()) {
      axes.push_back(axis);
      outer[axis] = LaneIndex::uniform(code.constant(0));
    }
    RowReduction rows(emitter, emitter.sizesOf(input), outer, axes);
    Value result = emitter.rememberForRow(op, outer, [&] {
      Value start = startOf(code, kind, type, isUnsigned);
      return rows.reduce(
          {{kind, start, isUnsigned}}, [&](ArrayRef<LaneIndex> at) {
            return CodeBuilder::Values{emitter.element(input, at)};
          });
    })[0];
    if (reduction != Reduction::mean)
      return result;
    SizeExpr count = 1;
    for (size_t axis : axes)
      count = count * emitter.sizesOf(input)[axis];
    Value number = code.size(count);
    if (isFloat(type)) {
      number = code.make<arith::SIToFPOp>(type, number);
      return code.divf(result, number);
    }
    if (type.getIntOrFloatBitWidth() < 64)
      number = code.make<arith::TruncIOp>(type, number);
    number = code.maximum(number, code.integer(type, 1));
    return code.binary<arith::DivSIOp>(result, number);
  }
};

struct SoftmaxModel
    : ElementOpInterface::ExternalModel<SoftmaxModel, SoftmaxOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto softmax = cast<SoftmaxOp>(op);
    CodeBuilder &code = emitter.code;
    VectorMath math(code);
    Value input = softmax.getInput();
    size_t axis = softmax.getAxis();
    Type type = ElementEmitter::computeType(elementTypeOf(input));
    double infinity = std::numeric_limits<double>::infinity();
    LaneIndices outer(index);
    outer[axis] = LaneIndex::uniform(code.constant(0));
    RowReduction rows(emitter, emitter.sizesOf(input), outer, {axis});
    CodeBuilder::Values known = emitter.rememberForRow(op, outer, [&] {
      Value top = rows.reduce(
          {{CombiningKind::Maximum, code.number(type, -infinity), false}},
          [&](ArrayRef<LaneIndex> at) {
            return CodeBuilder::Values{emitter.element(input, at)};
          })[0];
      // A row of -infinity: zeros, not NaN.
      Value isEmpty = code.compare(CmpFPredicate::OEQ, top,
                                   code.number(top.getType(), -infinity));
      top = code.select(isEmpty, code.number(top.getType(), 0), top);
      Value sum =
          rows.reduce({{CombiningKind::Sum, code.number(type, 0), false}},
                      [&](ArrayRef<LaneIndex> at) {
                        Value x = emitter.element(input, at);
                        return CodeBuilder::Values{math.exp(code.subf(x, top))};
                      })[0];
      Value one = code.number(sum.getType(), 1);
      Value inverse = code.divf(one, code.select(isEmpty, one, sum));
      return CodeBuilder::Values{top, inverse};
    });
    Value x = emitter.element(input, index);
    return code.mulf(math.exp(code.subf(x, known[0])), known[1]);
  }
};

struct LayerNormModel
    : ElementOpInterface::ExternalModel<LayerNormModel, LayerNormOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto norm = cast<LayerNormOp>(op);
    CodeBuilder &code = emitter.code;
    Value input = norm.getInput();
    size_t axis = index.size() - 1;
    Type type = ElementEmitter::computeType(elementTypeOf(input));
    LaneIndices outer(index);
    outer[axis] = LaneIndex::uniform(code.constant(0));
    RowReduction rows(emitter, emitter.sizesOf(input), outer, {axis});
    CodeBuilder::Values known = emitter.rememberForRow(op, outer, [&] {
      Value zero = code.number(type, 0);
      Value count = code.make<arith::SIToFPOp>(type, emitter.size(input, axis));
      Value sum = rows.reduce(
          {{CombiningKind::Sum, zero, false}}, [&](ArrayRef<LaneIndex> at) {
            return CodeBuilder::Values{emitter.element(input, at)};
          })[0];
      Value mean = code.divf(sum, count);
      // From the mean, not from the sum of squares, which would cancel.
      Value squares = rows.reduce(
          {{CombiningKind::Sum, zero, false}}, [&](ArrayRef<LaneIndex> at) {
            Value x = code.subf(emitter.element(input, at), mean);
            return CodeBuilder::Values{code.mulf(x, x)};
          })[0];
      Value variance = code.divf(squares, count);
      Value epsilon = code.number(type, norm.getEpsilon().convertToDouble());
      Value deviation = VectorMath(code).sqrt(code.addf(variance, epsilon));
      return CodeBuilder::Values{
          mean, code.divf(code.number(deviation.getType(), 1), deviation)};
    });
    Value x = code.subf(emitter.element(input, index), known[0]);
    x = code.mulf(x, known[1]);
    x = code.mulf(x, widen(emitter, norm.getScale(), index.back(), type));
    if (Value bias = norm.getBias())
      x = code.addf(x, widen(emitter, bias, index.back(), type));
    return x;
  }
};

struct RMSNormModel
    : ElementOpInterface::ExternalModel<RMSNormModel, RMSNormOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto norm = cast<RMSNormOp>(op);
    CodeBuilder &code = emitter.code;
    Value input = norm.getInput();
    size_t axis = index.size() - 1;
    Type type = ElementEmitter::computeType(elementTypeOf(input));
    LaneIndices outer(index);
    outer[axis] = LaneIndex::uniform(code.constant(0));
    RowReduction rows(emitter, emitter.sizesOf(input), outer, {axis});
    Value inverse = emitter.rememberForRow(op, outer, [&] {
      Value squares =
          rows.reduce({{CombiningKind::Sum, code.number(type, 0), false}},
                      [&](ArrayRef<LaneIndex> at) {
                        Value x = emitter.element(input, at);
                        return CodeBuilder::Values{code.mulf(x, x)};
                      })[0];
      Value count = code.make<arith::SIToFPOp>(type, emitter.size(input, axis));
      Value epsilon = code.number(type, norm.getEpsilon().convertToDouble());
      Value root =
          VectorMath(code).sqrt(code.addf(code.divf(squares, count), epsilon));
      return CodeBuilder::Values{
          code.divf(code.number(root.getType(), 1), root)};
    })[0];
    Value x = code.mulf(emitter.element(input, index), inverse);
    return code.mulf(x, widen(emitter, norm.getScale(), index.back(), type));
  }
};
} // namespace

void attachReductionModels(MLIRContext &context) {
  ReduceOp::attachInterface<ReduceModel>(context);
  SoftmaxOp::attachInterface<SoftmaxModel>(context);
  LayerNormOp::attachInterface<LayerNormModel>(context);
  RMSNormOp::attachInterface<RMSNormModel>(context);
}

} // namespace weft
