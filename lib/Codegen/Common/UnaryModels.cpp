//===- UnaryModels.cpp - Functions of one element -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/VectorMath.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace weft {

namespace {
/// `Emit(code, math, x)` computes one element.
template <typename Op, auto Emit>
struct UnaryModel
    : ElementOpInterface::ExternalModel<UnaryModel<Op, Emit>, Op> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    Value x = emitter.element(op->getOperand(0), index);
    VectorMath math(emitter.code);
    return Emit(emitter.code, math, x);
  }
  bool isElementwise(Operation *) const { return true; }
};

/// `Emit(math, op, x)` computes one element, in a polynomial that does not
/// exist for f64.
template <typename Op, auto Emit>
struct NarrowModel
    : ElementOpInterface::ExternalModel<NarrowModel<Op, Emit>, Op> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    Value x = emitter.element(op->getOperand(0), index);
    if (getElementTypeOrSelf(x.getType()).isF64())
      return emitter.unsupported(
          op, "has no form for f64 on a CPU; compute it in f32");
    VectorMath math(emitter.code);
    return Emit(math, cast<Op>(op), x);
  }
  bool isElementwise(Operation *) const { return true; }
};
} // namespace

static Value emitAbs(CodeBuilder &code, VectorMath &math, Value x) {
  return isFloat(x) ? math.abs(x) : Value(code.make<math::AbsIOp>(x));
}

static Value emitNeg(CodeBuilder &code, VectorMath &, Value x) {
  if (isFloat(x))
    return code.make<arith::NegFOp>(x);
  return code.make<arith::SubIOp>(code.integer(x.getType(), 0), x);
}

static Value emitSign(CodeBuilder &code, VectorMath &math, Value x) {
  Type type = x.getType();
  Value zero = code.number(type, 0);
  if (isFloat(x)) {
    Value one = math.copySign(code.number(type, 1), x);
    // Zeros and NaN stay what they are.
    return code.select(code.compare(CmpFPredicate::ONE, x, zero), one, x);
  }
  Value sign = code.select(code.compare(CmpIPredicate::slt, x, zero),
                           code.number(type, -1), code.number(type, 1));
  return code.select(code.compare(CmpIPredicate::eq, x, zero), zero, sign);
}

static Value emitRsqrt(CodeBuilder &code, VectorMath &math, Value x) {
  return code.divf(code.number(x.getType(), 1), math.sqrt(x));
}

static Value emitReciprocal(CodeBuilder &code, VectorMath &, Value x) {
  return code.divf(code.number(x.getType(), 1), x);
}

static Value emitRelu(CodeBuilder &code, VectorMath &, Value x) {
  Value zero = code.number(x.getType(), 0);
  // NaN is not less than zero, so that it stays.
  Value isNegative = isFloat(x) ? code.compare(CmpFPredicate::OLT, x, zero)
                                : code.compare(CmpIPredicate::slt, x, zero);
  return code.select(isNegative, zero, x);
}

static Value emitNot(CodeBuilder &code, VectorMath &, Value x) {
  return code.make<arith::XOrIOp>(x, code.integer(x.getType(), -1));
}

template <Value (VectorMath::*Member)(Value)>
static Value emitMember(CodeBuilder &, VectorMath &math, Value x) {
  return (math.*Member)(x);
}

template <Value (VectorMath::*Member)(Value)>
static Value emitNarrow(VectorMath &math, Operation *, Value x) {
  return (math.*Member)(x);
}

static Value emitGelu(VectorMath &math, GeluOp gelu, Value x) {
  return math.gelu(x, gelu.getApproximate() == GeluApproximation::tanh);
}

template <template <typename, auto> typename Model, typename Op, auto Emit>
static void attach(MLIRContext &context) {
  Op::template attachInterface<Model<Op, Emit>>(context);
}

void attachUnaryModels(MLIRContext &context) {
  attach<UnaryModel, AbsOp, emitAbs>(context);
  attach<UnaryModel, NegOp, emitNeg>(context);
  attach<UnaryModel, SignOp, emitSign>(context);
  attach<UnaryModel, ExpOp, emitMember<&VectorMath::exp>>(context);
  attach<UnaryModel, LogOp, emitMember<&VectorMath::log>>(context);
  attach<UnaryModel, SqrtOp, emitMember<&VectorMath::sqrt>>(context);
  attach<UnaryModel, RsqrtOp, emitRsqrt>(context);
  attach<UnaryModel, ReciprocalOp, emitReciprocal>(context);
  attach<NarrowModel, SinOp, emitNarrow<&VectorMath::sin>>(context);
  attach<NarrowModel, CosOp, emitNarrow<&VectorMath::cos>>(context);
  attach<NarrowModel, TanhOp, emitNarrow<&VectorMath::tanh>>(context);
  attach<NarrowModel, ErfOp, emitNarrow<&VectorMath::erf>>(context);
  attach<UnaryModel, SigmoidOp, emitMember<&VectorMath::sigmoid>>(context);
  attach<UnaryModel, SiLUOp, emitMember<&VectorMath::silu>>(context);
  attach<UnaryModel, ReluOp, emitRelu>(context);
  attach<UnaryModel, FloorOp, emitMember<&VectorMath::floor>>(context);
  attach<UnaryModel, CeilOp, emitMember<&VectorMath::ceil>>(context);
  attach<UnaryModel, RoundOp, emitMember<&VectorMath::roundEven>>(context);
  attach<UnaryModel, NotOp, emitNot>(context);
  attach<NarrowModel, GeluOp, emitGelu>(context);
}

} // namespace weft
