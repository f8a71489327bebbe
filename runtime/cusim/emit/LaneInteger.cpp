//===- LaneInteger.cpp - Integer arithmetic -------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneContext.h"

using namespace llvm;

namespace weft::cusim {

using ptx::Modifier;
using ptx::Opcode;

/// The `.hi` half, or the whole, of a product.
static Value *wideProduct(LaneContext &context, Value *a, Value *b,
                          bool isSigned) {
  unsigned bits = LaneBuilder::bitsOf(a) * 2;
  return context.ir.CreateMul(context.resize(a, bits, isSigned),
                              context.resize(b, bits, isSigned));
}

/// mul and mad: .lo, .hi or .wide of the product.
static Value *emitProduct(LaneContext &context) {
  Value *a = context.operand(0), *b = context.operand(1);
  bool isSigned = ptx::isSigned(context.type());
  unsigned bits = LaneBuilder::bitsOf(a);
  if (context.take(Modifier::Lo))
    return context.ir.CreateMul(a, b);
  if (context.take(Modifier::Hi)) {
    Value *product = wideProduct(context, a, b, isSigned);
    Value *high =
        context.ir.CreateLShr(product, LaneBuilder::constant(product, bits));
    return context.resize(high, bits, false);
  }
  if (context.take(Modifier::Wide)) {
    if (bits == 64)
      return context.failType();
    return wideProduct(context, a, b, isSigned);
  }
  return context.fail("says none of .lo, .hi and .wide; it needs one");
}

/// mul24, mad24: of the low 24 bits of both operands, bits 0 to 31 (.lo) or 16
/// to 47 (.hi) of the product.
static Value *emitProduct24(LaneContext &context) {
  if (LaneBuilder::bitsOf(context.operand(0)) != 32)
    return context.failType();
  bool isSigned = ptx::isSigned(context.type());
  auto low24 = [&](Value *value) {
    Value *eight = LaneBuilder::constant(value, 8);
    Value *high = context.ir.CreateShl(value, eight);
    return isSigned ? context.ir.CreateAShr(high, eight)
                    : context.ir.CreateLShr(high, eight);
  };
  Value *product = wideProduct(context, low24(context.operand(0)),
                               low24(context.operand(1)), isSigned);
  if (context.take(Modifier::Hi))
    product =
        context.ir.CreateLShr(product, LaneBuilder::constant(product, 16));
  else if (!context.take(Modifier::Lo))
    return context.fail("says neither .lo nor .hi; it needs one");
  return context.resize(product, 32, false);
}

static Value *emitSum(LaneContext &context, Value *a, Value *b, bool isAdd) {
  if (context.take(Modifier::Sat)) {
    if (context.type() != ptx::Type::S32)
      return context.fail("carries .sat, which only .s32 has");
    return context.call(isAdd ? Intrinsic::sadd_sat : Intrinsic::ssub_sat,
                        {a, b});
  }
  return isAdd ? context.ir.CreateAdd(a, b) : context.ir.CreateSub(a, b);
}

/// The quotient of integers that division cannot trap on.
static Value *emitQuotient(LaneContext &context, Value *a, Value *b,
                           bool isSigned) {
  IRBuilderBase &ir = context.ir;
  unsigned bits = LaneBuilder::bitsOf(a);
  // No host divides vectors of integers; floats with enough bits for dividend
  // and divisor together give the same quotient: the distance of a quotient
  // that is no integer to the next one is more than half a unit in the last
  // place of the float.
  if (a->getType()->isVectorTy() && bits <= 32 && !isa<Constant>(b)) {
    Type *type = bits == 32 ? context.doubleType(a) : context.floatType(a);
    Value *x = isSigned ? ir.CreateSIToFP(a, type) : ir.CreateUIToFP(a, type);
    Value *y = isSigned ? ir.CreateSIToFP(b, type) : ir.CreateUIToFP(b, type);
    Value *quotient = ir.CreateFDiv(x, y);
    return isSigned ? ir.CreateFPToSI(quotient, a->getType())
                    : ir.CreateFPToUI(quotient, a->getType());
  }
  return isSigned ? ir.CreateSDiv(a, b) : ir.CreateUDiv(a, b);
}

/// div and rem. Division by zero gives all ones, as the hardware does; the
/// quotient of the smallest number and -1 wraps.
static Value *emitDivision(LaneContext &context, bool wantsRemainder) {
  IRBuilderBase &ir = context.ir;
  Value *a = context.operand(0), *b = context.operand(1);
  bool isSigned = ptx::isSigned(context.type());
  Value *isZero = ir.CreateICmpEQ(b, LaneBuilder::constant(b, 0));
  Value *isUnsafe = isZero;
  if (isSigned) {
    uint64_t smallest = uint64_t(1) << (LaneBuilder::bitsOf(a) - 1);
    Value *overflows = ir.CreateAnd(
        ir.CreateICmpEQ(a, LaneBuilder::constant(a, smallest)),
        ir.CreateICmpEQ(b, LaneBuilder::constant(b, ~uint64_t(0))));
    isUnsafe = ir.CreateOr(isUnsafe, overflows);
  }
  // Dividing by one instead wraps by itself.
  Value *divisor = context.select(isUnsafe, LaneBuilder::constant(b, 1), b);
  Value *result = emitQuotient(context, a, divisor, isSigned);
  if (wantsRemainder)
    result = ir.CreateSub(a, ir.CreateMul(result, divisor));
  return context.select(isZero, LaneBuilder::constant(a, ~uint64_t(0)), result);
}

static Value *emitMinMax(LaneContext &context, bool isMax) {
  bool isSigned = ptx::isSigned(context.type());
  Intrinsic::ID intrinsic =
      isMax ? (isSigned ? Intrinsic::smax : Intrinsic::umax)
            : (isSigned ? Intrinsic::smin : Intrinsic::umin);
  Value *result =
      context.call(intrinsic, {context.operand(0), context.operand(1)});
  if (!context.take(Modifier::Relu))
    return result;
  if (!isSigned || context.type() == ptx::Type::S64)
    return context.fail("carries .relu, which only .s32 and .s16x2 have");
  return context.call(Intrinsic::smax,
                      {result, LaneBuilder::constant(result, 0)});
}

static Value *emitSumOfAbsoluteDifferences(LaneContext &context) {
  Value *a = context.operand(0), *b = context.operand(1);
  bool isSigned = ptx::isSigned(context.type());
  Value *larger =
      context.call(isSigned ? Intrinsic::smax : Intrinsic::umax, {a, b});
  Value *smaller =
      context.call(isSigned ? Intrinsic::smin : Intrinsic::umin, {a, b});
  return context.ir.CreateAdd(context.operand(2),
                              context.ir.CreateSub(larger, smaller));
}

Value *emitIntegerArithmetic(LaneContext &context) {
  Value *a = context.operand(0);
  if (!a->getType()->isIntOrIntVectorTy() || LaneBuilder::bitsOf(a) < 16)
    return context.failType();
  switch (context.opcode()) {
  case Opcode::Add:
  case Opcode::Sub:
    return emitSum(context, a, context.operand(1),
                   context.opcode() == Opcode::Add);
  case Opcode::Mul:
    return emitProduct(context);
  case Opcode::Mad: {
    bool isHigh = context.instruction.has(Modifier::Hi);
    Value *product = emitProduct(context);
    if (!product)
      return nullptr;
    if (context.instruction.has(Modifier::Sat) && !isHigh)
      return context.fail("carries .sat, which only mad.hi.s32 has");
    return emitSum(context, product, context.operand(2), /*isAdd=*/true);
  }
  case Opcode::Mul24:
    return emitProduct24(context);
  case Opcode::Mad24: {
    bool isHigh = context.instruction.has(Modifier::Hi);
    Value *product = emitProduct24(context);
    if (!product)
      return nullptr;
    if (context.instruction.has(Modifier::Sat) && !isHigh)
      return context.fail("carries .sat, which only mad24.hi.s32 has");
    return emitSum(context, product, context.operand(2), /*isAdd=*/true);
  }
  case Opcode::Sad:
    return emitSumOfAbsoluteDifferences(context);
  case Opcode::Div:
    return emitDivision(context, /*wantsRemainder=*/false);
  case Opcode::Rem:
    return emitDivision(context, /*wantsRemainder=*/true);
  case Opcode::Abs:
    return context.ir.CreateIntrinsic(Intrinsic::abs, {a->getType()},
                                      {a, context.ir.getFalse()});
  case Opcode::Neg:
    return context.ir.CreateNeg(a);
  case Opcode::Min:
    return emitMinMax(context, /*isMax=*/false);
  case Opcode::Max:
    return emitMinMax(context, /*isMax=*/true);
  default:
    return context.failType();
  }
}

} // namespace weft::cusim
