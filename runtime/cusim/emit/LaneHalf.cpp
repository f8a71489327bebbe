//===- LaneHalf.cpp - Arithmetic of f16 and bf16 --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums and products of f16 and bf16 are exact, or rounded so finely, in f32
// that rounding them again gives the nearest value (24 bits are at least two
// more than twice 11 or 8). fma needs more: its sum is rounded to odd first.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneContext.h"
#include "runtime/cusim/emit/LaneMath.h"

using namespace llvm;

namespace weft::cusim {

using ptx::Modifier;
using ptx::Opcode;

/// .ftz of f16 and bf16: subnormals become zeros of their sign.
static Value *flushHalf(LaneContext &context, Value *bits) {
  bool isF16 = context.type() == ptx::Type::F16;
  Value *exponent = context.ir.CreateAnd(
      bits, LaneBuilder::constant(bits, isF16 ? 0x7c00 : 0x7f80));
  Value *sign = context.ir.CreateAnd(bits, LaneBuilder::constant(bits, 0x8000));
  Value *isSubnormal =
      context.ir.CreateICmpEQ(exponent, LaneBuilder::constant(bits, 0));
  return context.select(isSubnormal, sign, bits);
}

/// a * b + c as a float that rounds to the right f16 or bf16.
static Value *emitHalfFma(LaneContext &context, ArrayRef<Value *> floats) {
  IRBuilderBase &ir = context.ir;
  // The product of two f16 is exact in f32; that of two bf16 has few bits, but
  // may be out of f32's range.
  if (context.type() == ptx::Type::F16)
    return addToOdd(context, ir.CreateFMul(floats[0], floats[1]), floats[2]);
  SmallVector<Value *, 3> wide;
  for (Value *value : floats)
    wide.push_back(ir.CreateFPExt(value, context.doubleType(value)));
  Value *sum = addToOdd(context, ir.CreateFMul(wide[0], wide[1]), wide[2]);
  return doubleToFloat(context, sum, Rounding::Odd);
}

static Value *emitHalfMinMax(LaneContext &context, ArrayRef<Value *> floats) {
  IRBuilderBase &ir = context.ir;
  bool isMax = context.opcode() == Opcode::Max;
  Value *a = floats[0], *b = floats[1], *sign = nullptr;
  if (context.take(Modifier::Xorsign)) {
    if (!context.take(Modifier::Abs))
      return context.fail("has .xorsign without .abs");
    // Of the operands themselves: widening drops the signs of NaNs.
    Value *bits = context.resize(
        ir.CreateXor(context.operand(0), context.operand(1)), 32, false);
    sign =
        context.fromBits(ir.CreateShl(bits, LaneBuilder::constant(bits, 16)));
    a = context.magnitude(a);
    b = context.magnitude(b);
  }
  Intrinsic::ID intrinsic =
      context.take(Modifier::NaN)
          ? (isMax ? Intrinsic::maximum : Intrinsic::minimum)
          : (isMax ? Intrinsic::maximumnum : Intrinsic::minimumnum);
  Value *result = context.call(intrinsic, {a, b});
  return sign ? context.call(Intrinsic::copysign, {result, sign}) : result;
}

/// The result as a float; narrowing rounds it.
static Value *emitWide(LaneContext &context, ArrayRef<Value *> floats) {
  switch (context.opcode()) {
  case Opcode::Add:
    return context.ir.CreateFAdd(floats[0], floats[1]);
  case Opcode::Sub:
    return context.ir.CreateFSub(floats[0], floats[1]);
  case Opcode::Mul:
    return context.ir.CreateFMul(floats[0], floats[1]);
  case Opcode::Fma:
    return emitHalfFma(context, floats);
  case Opcode::Min:
  case Opcode::Max:
    return emitHalfMinMax(context, floats);
  case Opcode::Ex2:
  case Opcode::Tanh:
    if (!context.take(Modifier::Approx))
      return context.fail("lacks .approx; no other form exists");
    return context.opcode() == Opcode::Ex2 ? emitExp2(context, floats[0])
                                           : emitTanh(context, floats[0]);
  default:
    return context.failType();
  }
}

Value *emitHalfArithmetic(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  ptx::Type type = context.type();
  bool isF16 = type == ptx::Type::F16;
  Opcode opcode = context.opcode();
  // bf16 has .ftz only where the hardware computes in f32.
  bool isFlushed = (isF16 ? opcode != Opcode::Ex2 && opcode != Opcode::Tanh
                          : opcode == Opcode::Ex2) &&
                   context.take(Modifier::Ftz);
  if (!isF16 && opcode == Opcode::Ex2 && !isFlushed)
    return context.fail("lacks .ftz, without which ex2 has no .bf16");
  if (isFlushed)
    for (Value *&operand : context.operands)
      operand = flushHalf(context, operand);
  Value *a = context.operand(0);
  if (opcode == Opcode::Neg)
    return ir.CreateXor(a, LaneBuilder::constant(a, 0x8000));
  if (opcode == Opcode::Abs)
    return ir.CreateAnd(a, LaneBuilder::constant(a, 0x7fff));

  bool isFma = opcode == Opcode::Fma;
  bool isSum =
      opcode == Opcode::Add || opcode == Opcode::Sub || opcode == Opcode::Mul;
  if (isFma || isSum) {
    if (!context.take(Modifier::Rn) && isFma)
      return context.fail("says no rounding; it needs .rn");
  }
  SmallVector<Value *, 3> floats;
  for (Value *operand : context.operands)
    floats.push_back(widenHalf(context, operand, type));
  Value *result = emitWide(context, floats);
  if (!result)
    return nullptr;
  if (isF16 && (isFma || isSum) && context.take(Modifier::Sat))
    result = context.saturate(result);
  if (isFma && context.take(Modifier::Relu))
    result = context.clampNegative(result);
  Value *bits = narrowFloat(context, result, type, Rounding::Nearest);
  return isFlushed ? flushHalf(context, bits) : bits;
}

} // namespace weft::cusim
