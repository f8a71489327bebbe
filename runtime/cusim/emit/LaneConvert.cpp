//===- LaneConvert.cpp - Conversions between types of one value -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneContext.h"

using namespace llvm;

namespace weft::cusim {

using ptx::Modifier;
using ptx::Type;

static bool isHalf(Type type) {
  return type == Type::F16 || type == Type::BF16;
}

static bool isFloatingPoint(Type type) {
  return isHalf(type) || type == Type::F32 || type == Type::F64;
}

static bool isInteger(Type type) {
  switch (type) {
  case Type::U8:
  case Type::U16:
  case Type::U32:
  case Type::U64:
  case Type::S8:
  case Type::S16:
  case Type::S32:
  case Type::S64:
    return true;
  default:
    return false;
  }
}

/// Integer to integer; .sat clamps to what the result can hold.
static Value *emitIntegerToInteger(LaneContext &context) {
  Value *value = context.operand(0);
  unsigned bits = ptx::bitsOf(context.type(0));
  bool isSigned = ptx::isSigned(context.type(0));
  bool fromSigned = ptx::isSigned(context.type(1));
  if (!context.take(Modifier::Sat))
    return context.resize(value, bits, fromSigned);
  unsigned fromBits = LaneBuilder::bitsOf(value);
  unsigned magnitudeBits = isSigned ? bits - 1 : bits;
  if (fromSigned) {
    APInt lowest = isSigned && bits < fromBits
                       ? APInt::getSignedMinValue(bits).sext(fromBits)
                       : (isSigned ? APInt::getSignedMinValue(fromBits)
                                   : APInt::getZero(fromBits));
    value = context.call(Intrinsic::smax,
                         {value, ConstantInt::get(value->getType(), lowest)});
    // No value is negative, or both are signed: unsigned results compare so.
    if (magnitudeBits < fromBits - 1)
      value = context.call(
          Intrinsic::smin,
          {value,
           ConstantInt::get(value->getType(),
                            APInt::getLowBitsSet(fromBits, magnitudeBits))});
  } else if (magnitudeBits < fromBits) {
    value = context.call(
        Intrinsic::umin,
        {value,
         ConstantInt::get(value->getType(),
                          APInt::getLowBitsSet(fromBits, magnitudeBits))});
  }
  return context.resize(value, bits, fromSigned);
}

/// A float with one more rounding ahead, to a half: f32 unless the value needs
/// f64.
static Value *narrow(LaneContext &context, Value *value, Type type,
                     Rounding rounding) {
  bool isDouble = value->getType()->getScalarType()->isDoubleTy();
  if (type == Type::F64)
    return isDouble ? value
                    : context.ir.CreateFPExt(value, context.doubleType(value));
  if (type == Type::F32)
    return isDouble ? doubleToFloat(context, value, rounding) : value;
  if (isDouble)
    value = doubleToFloat(context, value, Rounding::Odd);
  return narrowFloat(context, value, type, rounding);
}

static Value *emitIntegerToFloat(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  std::optional<Rounding> rounding = context.takeRounding();
  if (!rounding)
    return context.fail("says no rounding; it needs .rn, .rz, .rm or .rp");
  Value *value = context.operand(0);
  Type type = context.type(0);
  bool isSigned = ptx::isSigned(context.type(1));
  unsigned bits = LaneBuilder::bitsOf(value);
  Value *result = nullptr;
  if (type == Type::F32 && *rounding == Rounding::Nearest) {
    result = isSigned ? ir.CreateSIToFP(value, context.floatType(value))
                      : ir.CreateUIToFP(value, context.floatType(value));
  } else if (bits <= 16) {
    // Exact.
    result = isSigned ? ir.CreateSIToFP(value, context.floatType(value))
                      : ir.CreateUIToFP(value, context.floatType(value));
  } else if (bits == 32) {
    result = isSigned ? ir.CreateSIToFP(value, context.doubleType(value))
                      : ir.CreateUIToFP(value, context.doubleType(value));
  } else {
    result = integerToDouble(context, value, isSigned,
                             type == Type::F64 ? *rounding : Rounding::Odd);
  }
  if (context.take(Modifier::Sat))
    result = context.saturate(result);
  if (type == Type::F32)
    // No integer is subnormal.
    context.take(Modifier::Ftz);
  return narrow(context, result, type, *rounding);
}

static Value *emitFloatToInteger(LaneContext &context, Value *value) {
  IRBuilderBase &ir = context.ir;
  std::optional<Rounding> rounding = context.takeIntegralRounding();
  if (!rounding)
    return context.fail("says no integer rounding; it needs .rni, .rzi, .rmi "
                        "or .rpi");
  // Results are clamped anyway.
  context.take(Modifier::Sat);
  Type type = context.type(0);
  unsigned bits = ptx::bitsOf(type);
  Value *whole = roundToIntegral(context, value, *rounding);
  Value *result = ir.CreateIntrinsic(
      ptx::isSigned(type) ? Intrinsic::fptosi_sat : Intrinsic::fptoui_sat,
      {context.integerType(value, bits), value->getType()}, {whole});
  // NaN gives 0, except from .f64 or to 64 bits: there it gives the top bit.
  if (context.type(1) != Type::F64 && bits != 64)
    return result;
  return context.select(
      context.isNaN(value),
      LaneBuilder::constant(result, uint64_t(1) << (bits - 1)), result);
}

/// .relu and .satfinite of a float on its way to f16, bf16 or tf32.
static Value *takeClamps(LaneContext &context, Value *value, Type type) {
  if (context.take(Modifier::Relu))
    value = context.clampNegative(value);
  if (context.take(Modifier::Satfinite))
    value = clampToFinite(context, value, type);
  return value;
}

static Value *emitFloatToFloat(LaneContext &context, Value *value) {
  Type type = context.type(0), from = context.type(1);
  std::optional<Rounding> rounding;
  bool isNarrowing = ptx::bitsOf(type) < ptx::bitsOf(from) ||
                     (isHalf(type) && isHalf(from) && type != from);
  if (type == Type::TF32) {
    rounding = context.take(Modifier::Rna)
                   ? std::optional(Rounding::NearestAway)
                   : context.takeRounding();
    if (!rounding || *rounding == Rounding::Down || *rounding == Rounding::Up)
      return context.fail("says no rounding of .tf32; it needs .rna, .rn or "
                          ".rz");
  } else if (isNarrowing) {
    rounding = context.takeRounding();
    if (!rounding)
      return context.fail("says no rounding; it needs .rn, .rz, .rm or .rp");
  } else if (type == from) {
    if (auto integral = context.takeIntegralRounding())
      value = roundToIntegral(context, value, *integral);
  }
  if ((isHalf(type) || type == Type::TF32) && from == Type::F32)
    value = takeClamps(context, value, type);
  if (type != Type::TF32 && context.take(Modifier::Sat))
    value = context.saturate(value);
  return narrow(context, value, type, rounding.value_or(Rounding::Nearest));
}

Value *emitConversion(LaneContext &context) {
  Type type = context.type(0), from = context.type(1);
  Value *value = context.operand(0);
  if (isInteger(type) && isInteger(from))
    return emitIntegerToInteger(context);
  if (isFloatingPoint(type) && isInteger(from))
    return emitIntegerToFloat(context);
  if (!isFloatingPoint(from))
    return context.failType();

  // .ftz is about f32, as source or as result.
  bool isFlushed =
      (type == Type::F32 || from == Type::F32) && context.take(Modifier::Ftz);
  if (isHalf(from))
    value = widenHalf(context, value, from);
  if (isFlushed && from == Type::F32)
    value = context.flush(value);
  if (isInteger(type))
    return emitFloatToInteger(context, value);
  if (!isFloatingPoint(type) && !(type == Type::TF32 && from == Type::F32))
    return context.failType();
  Value *result = emitFloatToFloat(context, value);
  if (!result || type != Type::F32)
    return result;
  if (isFlushed)
    result = context.flush(result);
  return context.canonicalNaN(result);
}

} // namespace weft::cusim
