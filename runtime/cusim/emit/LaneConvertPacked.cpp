//===- LaneConvertPacked.cpp - Conversions to and from packed types -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// f16x2 and bf16x2 from two f32; e4m3x2 and e5m2x2 to and from f16x2 and pairs
// of f32; cvt.pack. The first operand goes to the upper half.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneContext.h"

#include <cmath>

using namespace llvm;

namespace weft::cusim {

using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

/// A float format of 8 bits.
struct ByteFormat {
  unsigned mantissaBits;
  int bias;
  double largest;
};
/// S.1111.111 is e4m3's only NaN, it has no infinity; e5m2 is IEEE-like.
static constexpr ByteFormat e4m3 = {3, 7, 448};
static constexpr ByteFormat e5m2 = {2, 15, 57344};

static const ByteFormat *byteFormat(Type type) {
  if (type == Type::E4M3x2)
    return &e4m3;
  return type == Type::E5M2x2 ? &e5m2 : nullptr;
}

/// {high, low} in one word of twice the bits.
static Value *pack(LaneContext &context, Value *high, Value *low) {
  unsigned bits = LaneBuilder::bitsOf(low);
  Value *upper = context.resize(high, 2 * bits, false);
  return context.ir.CreateOr(
      context.ir.CreateShl(upper, LaneBuilder::constant(upper, bits)),
      context.resize(low, 2 * bits, false));
}

/// The nearest 8-bit float, finite ones for all numbers.
static Value *narrowToByte(LaneContext &context, Value *value,
                           const ByteFormat &format) {
  IRBuilderBase &ir = context.ir;
  Value *size = context.magnitude(value);
  Value *largest = LaneBuilder::real(size, format.largest);
  size = context.select(ir.CreateFCmpOLT(size, largest), size, largest);
  Value *bits = context.toBits(size);
  auto constant = [&](uint64_t number) {
    return LaneBuilder::constant(bits, number);
  };
  // Normal ones: drop mantissa bits, nearest even, and change the bias.
  unsigned dropped = 23 - format.mantissaBits;
  Value *last =
      ir.CreateAnd(ir.CreateLShr(bits, constant(dropped)), constant(1));
  Value *rounded = ir.CreateAdd(
      bits, ir.CreateAdd(last, constant((1u << (dropped - 1)) - 1)));
  Value *normal =
      ir.CreateSub(ir.CreateLShr(rounded, constant(dropped)),
                   constant((127 - format.bias) << format.mantissaBits));
  // Subnormal ones: adding a number whose last place is the smallest subnormal
  // leaves the rounded count of those in the low bits.
  int smallest = 1 - format.bias - int(format.mantissaBits);
  double magic = std::ldexp(1.0, 23 + smallest);
  Value *sum =
      context.toBits(ir.CreateFAdd(size, LaneBuilder::real(size, magic)));
  Value *subnormal =
      ir.CreateSub(sum, context.toBits(LaneBuilder::real(size, magic)));
  Value *isSubnormal = ir.CreateFCmpOLT(
      size, LaneBuilder::real(size, std::ldexp(1.0, 1 - format.bias)));
  Value *result = context.select(isSubnormal, subnormal, normal);
  Value *sign = ir.CreateAnd(ir.CreateLShr(context.toBits(value), constant(24)),
                             constant(0x80));
  result = ir.CreateOr(result, sign);
  result = context.select(context.isNaN(value), constant(0x7f), result);
  return context.resize(result, 8, false);
}

/// 8-bit floats as f16 bits: exact.
static Value *widenByte(LaneContext &context, Value *byte,
                        const ByteFormat &format) {
  IRBuilderBase &ir = context.ir;
  Value *bits = context.resize(byte, 16, false);
  auto constant = [&](uint64_t number) {
    return LaneBuilder::constant(bits, number);
  };
  if (format.mantissaBits == 2)
    return narrowFloat(
        context, widenHalf(context, ir.CreateShl(bits, constant(8)), Type::F16),
        Type::F16, Rounding::Nearest);
  // As f16 the exponent is 8 too small.
  Value *size = ir.CreateAnd(bits, constant(0x7f));
  Value *sign = ir.CreateShl(ir.CreateAnd(bits, constant(0x80)), constant(8));
  Value *pattern = ir.CreateOr(sign, ir.CreateShl(size, constant(7)));
  Value *value = widenHalf(context, pattern, Type::F16);
  value = ir.CreateFMul(value, LaneBuilder::real(value, 256));
  Value *result = narrowFloat(context, value, Type::F16, Rounding::Nearest);
  Value *isNaN = ir.CreateICmpEQ(size, constant(0x7f));
  return context.select(isNaN, constant(0x7fff), result);
}

static Value *emitToBytes(LaneContext &context, const ByteFormat &format) {
  if (!context.take(Modifier::Rn) || !context.take(Modifier::Satfinite))
    return context.fail("lacks .rn.satfinite, which conversions to 8-bit "
                        "floats need");
  Value *high = nullptr, *low = nullptr;
  if (context.type(1) == Type::F32 && context.operands.size() == 2) {
    high = context.operand(0);
    low = context.operand(1);
  } else if ((context.type(1) == Type::F16x2 ||
              context.type(1) == Type::BF16x2) &&
             context.operands.size() == 1) {
    Type half = context.type(1) == Type::F16x2 ? Type::F16 : Type::BF16;
    Value *word = context.operand(0);
    Value *upper = context.ir.CreateLShr(word, LaneBuilder::constant(word, 16));
    low = widenHalf(context, context.resize(word, 16, false), half);
    high = widenHalf(context, context.resize(upper, 16, false), half);
  } else {
    return context.failType();
  }
  if (context.take(Modifier::Relu)) {
    high = context.clampNegative(high);
    low = context.clampNegative(low);
  }
  return pack(context, narrowToByte(context, high, format),
              narrowToByte(context, low, format));
}

static Value *emitFromBytes(LaneContext &context, const ByteFormat &format) {
  if (context.type(0) != Type::F16x2)
    return context.failType();
  if (!context.take(Modifier::Rn))
    return context.fail("says no rounding; it needs .rn");
  Value *word = context.operand(0);
  Value *halves = widenByte(context, context.split(word, 8), format);
  if (context.take(Modifier::Relu)) {
    Value *value = context.clampNegative(widenHalf(context, halves, Type::F16));
    halves = narrowFloat(context, value, Type::F16, Rounding::Nearest);
  }
  return context.join(halves, 32, word);
}

/// Two f32 to f16x2 or bf16x2.
static Value *emitToHalves(LaneContext &context) {
  if (context.type(1) != Type::F32 || context.operands.size() != 2)
    return context.failType();
  Type half = context.type(0) == Type::F16x2 ? Type::F16 : Type::BF16;
  std::optional<Rounding> rounding = context.takeRounding();
  if (!rounding || *rounding == Rounding::Down || *rounding == Rounding::Up)
    return context.fail("says no rounding that it has; it needs .rn or .rz");
  bool isClampedBelow = context.take(Modifier::Relu);
  bool isFinite = context.take(Modifier::Satfinite);
  auto convert = [&](Value *value) {
    if (isClampedBelow)
      value = context.clampNegative(value);
    if (isFinite)
      value = clampToFinite(context, value, half);
    return narrowFloat(context, value, half, *rounding);
  };
  return pack(context, convert(context.operand(0)),
              convert(context.operand(1)));
}

/// cvt.pack.sat: two s32, clamped to 16 bits each; or to 8 or 4 bits, with the
/// low bits of a third operand above them.
static Value *emitPack(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Type type = context.type(0);
  unsigned bits = ptx::bitsOf(type);
  bool isSigned = ptx::isSigned(type);
  bool hasThird = context.operands.size() == 3;
  if (context.type(1) != Type::S32 || bits > 16 || hasThird != (bits < 16))
    return context.failType();
  if (!context.take(Modifier::Sat))
    return context.fail("lacks .sat, without which cvt.pack does not exist");
  int64_t highest = (int64_t(1) << (isSigned ? bits - 1 : bits)) - 1;
  int64_t lowest = isSigned ? -highest - 1 : 0;
  auto clamp = [&](Value *value) {
    value = context.call(Intrinsic::smax,
                         {value, LaneBuilder::constant(value, lowest)});
    value = context.call(Intrinsic::smin,
                         {value, LaneBuilder::constant(value, highest)});
    uint64_t mask = (uint64_t(1) << bits) - 1;
    return ir.CreateAnd(value, LaneBuilder::constant(value, mask));
  };
  Value *high = clamp(context.operand(0)), *low = clamp(context.operand(1));
  Value *result =
      ir.CreateOr(low, ir.CreateShl(high, LaneBuilder::constant(high, bits)));
  if (!hasThird)
    return result;
  Value *rest = context.operand(2);
  return ir.CreateOr(result,
                     ir.CreateShl(rest, LaneBuilder::constant(rest, 2 * bits)));
}

Value *emitPackedConversion(LaneContext &context) {
  if (context.opcode() == Opcode::CvtPack)
    return emitPack(context);
  if (const ByteFormat *format = byteFormat(context.type(0)))
    return emitToBytes(context, *format);
  if (const ByteFormat *format = byteFormat(context.type(1)))
    return emitFromBytes(context, *format);
  return emitToHalves(context);
}

} // namespace weft::cusim
