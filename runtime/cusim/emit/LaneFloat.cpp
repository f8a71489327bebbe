//===- LaneFloat.cpp - Arithmetic of f32 and f64 --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneContext.h"
#include "runtime/cusim/emit/LaneMath.h"

#include <cmath>

using namespace llvm;

namespace weft::cusim {

using ptx::Modifier;
using ptx::Opcode;

static FloatOperation operationOf(Opcode opcode) {
  switch (opcode) {
  case Opcode::Add:
    return FloatOperation::Add;
  case Opcode::Sub:
    return FloatOperation::Sub;
  case Opcode::Mul:
    return FloatOperation::Mul;
  case Opcode::Div:
  case Opcode::Rcp:
    return FloatOperation::Div;
  case Opcode::Sqrt:
    return FloatOperation::Sqrt;
  default:
    return FloatOperation::Fma;
  }
}

/// div.approx: a * (1 / b), where 1 / b is 0 for |b| above 2^126.
static Value *emitApproximateDivision(LaneContext &context, Value *a,
                                      Value *b) {
  IRBuilderBase &ir = context.ir;
  Value *quotient = ir.CreateFDiv(a, b);
  Value *isHuge =
      ir.CreateFCmpOGT(context.magnitude(b), LaneBuilder::real(b, 0x1p126));
  Value *reciprocal =
      context.call(Intrinsic::copysign, {LaneBuilder::real(b, 0), b});
  return context.select(isHuge, ir.CreateFMul(a, reciprocal), quotient);
}

/// rcp.approx.ftz.f64, rsqrt.approx{.ftz}.f64: of the upper 32 bits only; the
/// lower ones of the result are zero.
static Value *emitUpperHalf(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  bool isReciprocal = context.opcode() == Opcode::Rcp;
  bool isFlushed = context.take(Modifier::Ftz);
  if (isReciprocal && !isFlushed)
    return context.fail("lacks .ftz, without which .approx has no .f64");
  auto upper = [&](Value *value, bool flushes) {
    Value *bits = context.toBits(value);
    Value *exponent =
        ir.CreateAnd(bits, LaneBuilder::constant(bits, 0x7ff0000000000000));
    Value *high =
        ir.CreateAnd(bits, LaneBuilder::constant(bits, 0xffffffff00000000));
    if (flushes) {
      Value *sign =
          ir.CreateAnd(bits, LaneBuilder::constant(bits, uint64_t(1) << 63));
      Value *isSubnormal =
          ir.CreateICmpEQ(exponent, LaneBuilder::constant(bits, 0));
      high = context.select(isSubnormal, sign, high);
    }
    return context.fromBits(high);
  };
  Value *input = context.operand(0);
  Value *x = upper(input, isFlushed);
  // A NaN whose payload is all in the lower half stays one.
  x = context.select(context.isNaN(input), input, x);
  if (!isReciprocal)
    x = context.call(Intrinsic::sqrt, {x});
  Value *result = ir.CreateFDiv(LaneBuilder::real(x, 1), x);
  return context.select(context.isNaN(result),
                        ConstantFP::getNaN(result->getType()),
                        upper(result, isFlushed));
}

/// add sub mul fma mad div rcp sqrt rsqrt, and the functions that are only
/// approximate; operands are flushed already.
static Value *emitUnflushed(LaneContext &context) {
  ArrayRef<Value *> operands = context.operands;
  Value *a = operands[0];
  bool isF32 = context.type() == ptx::Type::F32;
  Opcode opcode = context.opcode();
  bool isApproximate = context.take(Modifier::Approx);
  if (isApproximate && !isF32)
    return context.failType();
  switch (opcode) {
  case Opcode::Ex2:
  case Opcode::Lg2:
  case Opcode::Sin:
  case Opcode::Cos:
  case Opcode::Tanh:
  case Opcode::Rsqrt:
    if (!isF32)
      return context.failType();
    if (!isApproximate)
      return context.fail("lacks .approx; no other form exists");
    break;
  default:
    break;
  }
  switch (opcode) {
  case Opcode::Ex2:
    return emitExp2(context, a);
  case Opcode::Lg2:
    return emitLog2(context, a);
  case Opcode::Sin:
    return emitSine(context, a);
  case Opcode::Cos:
    return emitCosine(context, a);
  case Opcode::Tanh:
    return emitTanh(context, a);
  case Opcode::Rsqrt:
    return context.ir.CreateFDiv(LaneBuilder::real(a, 1),
                                 context.call(Intrinsic::sqrt, {a}));
  case Opcode::Div:
    if (isApproximate)
      return emitApproximateDivision(context, a, operands[1]);
    if (isF32 && context.take(Modifier::Full))
      return context.ir.CreateFDiv(a, operands[1]);
    break;
  default:
    break;
  }
  std::optional<Rounding> rounding = context.takeRounding();
  bool needsRounding = opcode != Opcode::Add && opcode != Opcode::Sub &&
                       opcode != Opcode::Mul && !isApproximate;
  if (!rounding && needsRounding)
    return context.fail(
        "says no rounding; it needs .rn, .rz, .rm or .rp" +
        std::string(isF32 ? ", or .approx where that exists" : ""));
  if (rounding && isApproximate)
    return context.fail("has both .approx and a rounding; remove one");
  SmallVector<Value *, 3> arguments(operands);
  if (opcode == Opcode::Rcp)
    arguments.insert(arguments.begin(), LaneBuilder::real(a, 1));
  return emitRounded(context, operationOf(opcode), arguments,
                     rounding.value_or(Rounding::Nearest));
}

/// canonicalNaN of a square root. LLVM knows where a root is NaN and takes all
/// NaNs for equal, so it would drop a selection by a comparison of floats.
static Value *canonicalRoot(LaneContext &context, Value *root) {
  IRBuilderBase &ir = context.ir;
  if (LaneBuilder::bitsOf(root) == 64)
    return root;
  Value *bits = context.toBits(root);
  Value *size = ir.CreateAnd(bits, LaneBuilder::constant(bits, 0x7fffffff));
  Value *isNaN =
      ir.CreateICmpUGT(size, LaneBuilder::constant(bits, 0x7f800000));
  return context.fromBits(
      context.select(isNaN, LaneBuilder::constant(bits, 0x7fffffff), bits));
}

/// min and max: -0 is below +0; NaN loses, or wins with .NaN; .xorsign.abs
/// compares magnitudes and takes the product's sign.
static Value *emitMinMax(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Value *a = context.operand(0), *b = context.operand(1);
  bool isMax = context.opcode() == Opcode::Max;
  bool isF32 = context.type() == ptx::Type::F32;
  bool propagatesNaN = isF32 && context.take(Modifier::NaN);
  Value *sign = nullptr;
  if (isF32 && context.take(Modifier::Xorsign)) {
    if (!context.take(Modifier::Abs))
      return context.fail("has .xorsign without .abs");
    Value *bits = ir.CreateXor(context.toBits(a), context.toBits(b));
    sign = context.fromBits(bits);
    a = context.magnitude(a);
    b = context.magnitude(b);
  }
  Intrinsic::ID intrinsic =
      propagatesNaN ? (isMax ? Intrinsic::maximum : Intrinsic::minimum)
                    : (isMax ? Intrinsic::maximumnum : Intrinsic::minimumnum);
  Value *result = context.call(intrinsic, {a, b});
  if (sign)
    result = context.call(Intrinsic::copysign, {result, sign});
  return result;
}

/// testp: classes of numbers by their bits.
static Value *emitTest(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  auto isClass = [&](unsigned mask) {
    return ir.createIsFPClass(context.operand(0), mask);
  };
  if (context.take(Modifier::Finite))
    return isClass(fcFinite);
  if (context.take(Modifier::Infinite))
    return isClass(fcInf);
  if (context.take(Modifier::Number))
    return isClass(fcAllFlags & ~fcNan);
  if (context.take(Modifier::Notanumber))
    return isClass(fcNan);
  // The manual counts zeros as normal.
  if (context.take(Modifier::Normal))
    return isClass(fcNormal | fcZero);
  if (context.take(Modifier::Subnormal))
    return isClass(fcSubnormal);
  return context.fail("says no property; it needs .finite, .infinite, .number, "
                      ".notanumber, .normal or .subnormal");
}

Value *emitFloatArithmetic(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  bool isF32 = context.type() == ptx::Type::F32;
  switch (context.opcode()) {
  case Opcode::Testp:
    return emitTest(context);
  case Opcode::Copysign:
    return context.call(Intrinsic::copysign,
                        {context.operand(1), context.operand(0)});
  case Opcode::Rcp:
  case Opcode::Rsqrt:
    if (!isF32 && context.take(Modifier::Approx))
      return emitUpperHalf(context);
    break;
  default:
    break;
  }

  bool isFlushed = isF32 && context.take(Modifier::Ftz);
  if (isFlushed)
    for (Value *&operand : context.operands)
      operand = context.flush(operand);
  switch (context.opcode()) {
  case Opcode::Abs:
    return context.magnitude(context.operand(0));
  case Opcode::Neg:
    return ir.CreateFNeg(context.operand(0));
  case Opcode::Min:
  case Opcode::Max: {
    Value *result = emitMinMax(context);
    return result ? context.canonicalNaN(result) : nullptr;
  }
  default:
    break;
  }
  Value *result = emitUnflushed(context);
  if (!result)
    return nullptr;
  if (isFlushed)
    result = context.flush(result);
  switch (context.opcode()) {
  case Opcode::Add:
  case Opcode::Sub:
  case Opcode::Mul:
  case Opcode::Fma:
  case Opcode::Mad:
    if (isF32 && context.take(Modifier::Sat))
      return context.saturate(result);
    break;
  case Opcode::Sqrt:
    return canonicalRoot(context, result);
  default:
    break;
  }
  return context.canonicalNaN(result);
}

} // namespace weft::cusim
