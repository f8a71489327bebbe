//===- LaneMath.cpp - Approximate functions of f32 ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneMath.h"

#include <cmath>
#include <limits>
#include <numbers>

using namespace llvm;

namespace weft::cusim {

static Value *fma(LaneBuilder &lanes, Value *a, Value *b, Value *c) {
  return lanes.call(Intrinsic::fma, {a, b, c});
}

/// coefficients[0] + x * (coefficients[1] + x * ...).
static Value *polynomial(LaneBuilder &lanes, Value *x,
                         ArrayRef<double> coefficients) {
  Value *sum = LaneBuilder::real(x, coefficients.back());
  for (double coefficient : reverse(coefficients.drop_back()))
    sum = fma(lanes, sum, x, LaneBuilder::real(x, coefficient));
  return sum;
}

/// 2^exponent, as a float, for -126 <= exponent <= 127.
static Value *powerOfTwo(LaneBuilder &lanes, Value *exponent) {
  Value *biased =
      lanes.ir.CreateAdd(exponent, LaneBuilder::constant(exponent, 127));
  return lanes.fromBits(
      lanes.ir.CreateShl(biased, LaneBuilder::constant(exponent, 23)));
}

Value *emitExp2(LaneBuilder &lanes, Value *x) {
  IRBuilderBase &ir = lanes.ir;
  // Beyond these the result is 0 or infinity anyway; a NaN becomes a number
  // until the end.
  Value *low = LaneBuilder::real(x, -152), *high = LaneBuilder::real(x, 129);
  Value *limited = lanes.select(ir.CreateFCmpOGT(x, low), x, low);
  limited = lanes.select(ir.CreateFCmpOLT(limited, high), limited, high);
  Value *whole = lanes.call(Intrinsic::roundeven, {limited});
  Value *rest = ir.CreateFSub(limited, whole);
  // The Taylor series of 2^r for |r| <= 1/2: the next term is below 2^-27.
  double coefficients[8] = {1};
  for (unsigned i = 1; i < 8; ++i)
    coefficients[i] = coefficients[i - 1] * std::numbers::ln2 / i;
  Value *power = polynomial(lanes, rest, coefficients);
  // In two steps, so that subnormal results round once.
  Value *exponent = ir.CreateFPToSI(whole, lanes.integerType(x, 32));
  Value *half = ir.CreateAShr(exponent, LaneBuilder::constant(exponent, 1));
  power = ir.CreateFMul(power, powerOfTwo(lanes, half));
  power = ir.CreateFMul(power, powerOfTwo(lanes, ir.CreateSub(exponent, half)));
  return lanes.canonicalNaN(lanes.select(lanes.isNaN(x), x, power));
}

Value *emitLog2(LaneBuilder &lanes, Value *x) {
  IRBuilderBase &ir = lanes.ir;
  Value *one = LaneBuilder::real(x, 1);
  Value *isSubnormal = ir.CreateFCmpOLT(x, LaneBuilder::real(x, 0x1p-126));
  Value *normal = lanes.select(
      isSubnormal, ir.CreateFMul(x, LaneBuilder::real(x, 0x1p24)), x);
  // x = mantissa * 2^exponent with the mantissa in [sqrt(1/2), sqrt(2)).
  Value *bits = lanes.toBits(normal);
  Value *rootHalf = LaneBuilder::constant(bits, 0x3f3504f3);
  Value *offset = ir.CreateSub(bits, rootHalf);
  Value *exponent = ir.CreateAShr(offset, LaneBuilder::constant(bits, 23));
  Value *mantissa = lanes.fromBits(ir.CreateSub(
      bits, ir.CreateShl(exponent, LaneBuilder::constant(bits, 23))));
  Value *scale = ir.CreateSIToFP(exponent, x->getType());
  scale = lanes.select(isSubnormal,
                       ir.CreateFSub(scale, LaneBuilder::real(x, 24)), scale);
  // log(m) = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
  Value *s =
      ir.CreateFDiv(ir.CreateFSub(mantissa, one), ir.CreateFAdd(mantissa, one));
  double coefficients[6];
  for (unsigned i = 0; i < 6; ++i)
    coefficients[i] = 2 * std::numbers::log2e / (2 * i + 1);
  Value *series = polynomial(lanes, ir.CreateFMul(s, s), coefficients);
  Value *result = fma(lanes, s, series, scale);

  double infinity = std::numeric_limits<double>::infinity();
  Value *zero = LaneBuilder::real(x, 0);
  result = lanes.select(ir.CreateFCmpOEQ(x, LaneBuilder::real(x, infinity)), x,
                        result);
  result = lanes.select(ir.CreateFCmpOEQ(x, zero),
                        LaneBuilder::real(x, -infinity), result);
  Value *nan = ConstantFP::getNaN(x->getType());
  return lanes.canonicalNaN(
      lanes.select(ir.CreateFCmpULT(x, zero), nan, result));
}

/// sin(x + quarterTurns * pi / 2).
static Value *emitSineOrCosine(LaneBuilder &lanes, Value *x,
                               unsigned quarterTurns) {
  IRBuilderBase &ir = lanes.ir;
  constexpr double halfPi = std::numbers::pi / 2;
  Value *quarter =
      lanes.call(Intrinsic::roundeven,
                 {ir.CreateFMul(x, LaneBuilder::real(x, 1 / halfPi))});
  // pi / 2 in three floats (Cody and Waite).
  constexpr float first = halfPi, second = halfPi - first;
  constexpr float third = halfPi - first - second;
  Value *minus = ir.CreateFNeg(quarter);
  Value *rest = x;
  for (float part : {first, second, third})
    rest = fma(lanes, minus, LaneBuilder::real(x, part), rest);
  // Far out the reduction has no bits left; the manual asks for nothing there,
  // but the result stays a sine.
  Value *limit = LaneBuilder::real(x, halfPi / 2 + 1e-3);
  Value *isTooLarge = ir.CreateFCmpOGT(lanes.magnitude(rest), limit);
  rest = lanes.select(isTooLarge, LaneBuilder::real(x, 0), rest);

  Value *square = ir.CreateFMul(rest, rest);
  Value *sine =
      fma(lanes, ir.CreateFMul(rest, square),
          polynomial(lanes, square,
                     {-1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880}),
          rest);
  Value *cosine = polynomial(
      lanes, square,
      {1, -1.0 / 2, 1.0 / 24, -1.0 / 720, 1.0 / 40320, -1.0 / 3628800});
  Value *turn =
      ir.CreateIntrinsic(Intrinsic::fptosi_sat,
                         {lanes.integerType(x, 32), x->getType()}, {quarter});
  turn = ir.CreateAdd(turn, LaneBuilder::constant(turn, quarterTurns));
  auto bit = [&](unsigned mask) {
    return ir.CreateICmpNE(
        ir.CreateAnd(turn, LaneBuilder::constant(turn, mask)),
        LaneBuilder::constant(turn, 0));
  };
  Value *result = lanes.select(bit(1), cosine, sine);
  return lanes.select(bit(2), ir.CreateFNeg(result), result);
}

Value *emitSine(LaneBuilder &lanes, Value *x) {
  Value *result = emitSineOrCosine(lanes, x, 0);
  // Keeps -0 and subnormals.
  Value *isTiny =
      lanes.ir.CreateFCmpOLT(lanes.magnitude(x), LaneBuilder::real(x, 0x1p-13));
  return lanes.canonicalNaN(lanes.select(isTiny, x, result));
}

Value *emitCosine(LaneBuilder &lanes, Value *x) {
  return lanes.canonicalNaN(emitSineOrCosine(lanes, x, 1));
}

Value *emitTanh(LaneBuilder &lanes, Value *x) {
  IRBuilderBase &ir = lanes.ir;
  Value *size = lanes.magnitude(x), *one = LaneBuilder::real(x, 1);
  // tanh rounds to 1 from here on.
  Value *limit = LaneBuilder::real(x, 10);
  size = lanes.select(ir.CreateFCmpOLT(size, limit), size, limit);
  // Up to 1 the continued fraction of tanh, then (e^2t - 1) / (e^2t + 1).
  Value *square = ir.CreateFMul(size, size);
  Value *numerator =
      ir.CreateFMul(size, polynomial(lanes, square, {135135, 17325, 378, 1}));
  Value *denominator = polynomial(lanes, square, {135135, 62370, 3150, 28});
  Value *power = emitExp2(
      lanes,
      ir.CreateFMul(size, LaneBuilder::real(x, 2 * std::numbers::log2e)));
  Value *isSmall = ir.CreateFCmpOLT(size, one);
  numerator = lanes.select(isSmall, numerator, ir.CreateFSub(power, one));
  denominator = lanes.select(isSmall, denominator, ir.CreateFAdd(power, one));
  Value *result = ir.CreateFDiv(numerator, denominator);
  result = lanes.call(Intrinsic::copysign, {result, x});
  // Keeps subnormals, and NaN.
  Value *isTiny =
      ir.CreateFCmpULT(lanes.magnitude(x), LaneBuilder::real(x, 0x1p-13));
  return lanes.canonicalNaN(lanes.select(isTiny, x, result));
}

} // namespace weft::cusim
