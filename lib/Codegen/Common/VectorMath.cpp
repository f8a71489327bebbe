//===- VectorMath.cpp - Mathematical functions as instructions ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/VectorMath.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using arith::CmpFPredicate;

namespace weft {

static bool isDouble(Value value) {
  return getElementTypeOrSelf(value.getType()).isF64();
}

Value VectorMath::polynomial(Value x, ArrayRef<double> coefficients) {
  Value result = number(x, coefficients.front());
  for (double coefficient : coefficients.drop_front())
    result = code.fma(result, x, number(x, coefficient));
  return result;
}

//===----------------------------------------------------------------------===//
// Signs and rounding
//===----------------------------------------------------------------------===//

Value VectorMath::abs(Value x) { return code.make<math::AbsFOp>(x); }

Value VectorMath::copySign(Value magnitude, Value x) {
  code.unify(magnitude, x);
  return code.make<math::CopySignOp>(magnitude, x);
}

Value VectorMath::sqrt(Value x) { return code.make<math::SqrtOp>(x); }

/// Adding and subtracting 1.5 * 2^23 rounds to an integer, halves to even; from
/// 2^23 on every float is one. Plain x86-64 has no rounding instruction, and
/// LLVM would call a library.
static Value roundByAdding(CodeBuilder &code, VectorMath &math, Value x) {
  bool wide = isDouble(x);
  double limit = wide ? 0x1p52 : 0x1p23;
  Value magnitude = math.abs(x);
  Value magic = code.number(x.getType(), limit);
  Value rounded = code.subf(code.addf(magnitude, magic), magic);
  Value small = code.compare(CmpFPredicate::OLT, magnitude, magic);
  return code.select(small, math.copySign(rounded, x), x);
}

Value VectorMath::roundEven(Value x) {
  if (code.features.roundsFloats)
    return code.make<math::RoundEvenOp>(x);
  return roundByAdding(code, *this, x);
}

Value VectorMath::floor(Value x) {
  if (code.features.roundsFloats)
    return code.make<math::FloorOp>(x);
  Value rounded = roundByAdding(code, *this, x);
  Value above = code.compare(CmpFPredicate::OGT, rounded, x);
  Value lower = code.subf(rounded, number(x, 1));
  // copySign keeps -0.
  return copySign(code.select(above, lower, rounded), x);
}

Value VectorMath::ceil(Value x) {
  if (code.features.roundsFloats)
    return code.make<math::CeilOp>(x);
  Value rounded = roundByAdding(code, *this, x);
  Value below = code.compare(CmpFPredicate::OLT, rounded, x);
  Value higher = code.addf(rounded, number(x, 1));
  return copySign(code.select(below, higher, rounded), x);
}

//===----------------------------------------------------------------------===//
// Exponential functions
//===----------------------------------------------------------------------===//

Value VectorMath::exp(Value x) {
  if (isDouble(x))
    return exp64(x);
  // Beyond these the result is 0 or infinity. NaN passes both selects.
  Value low = number(x, -104), high = number(x, 89);
  Value inside = code.select(code.compare(CmpFPredicate::OLT, x, low), low, x);
  inside =
      code.select(code.compare(CmpFPredicate::OGT, inside, high), high, inside);
  // n = round(x / ln 2): the low bits of the sum below hold it.
  Value magic = number(x, 0x1.8p23);
  Value shifted = code.fma(inside, number(x, 1.44269504088896341), magic);
  Value n = code.subf(shifted, magic);
  Value rest = code.fma(n, number(x, -0x1.62e4p-1), inside);
  rest = code.fma(n, number(x, 0x1.7f7d1cp-20 * -1), rest);
  // e^rest on [-ln 2 / 2, ln 2 / 2]; Cephes, expf.
  Value y =
      polynomial(rest, {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3,
                        4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1});
  y = code.fma(y, code.mulf(rest, rest), rest);
  y = code.addf(y, number(x, 1));
  // 2^n in two factors, so that subnormal results round once and 2^128 is
  // reached.
  Value bits = code.bitcast(shifted, code.i32());
  Type integers = bits.getType();
  Value whole = code.sub(bits, code.integer(integers, 0x4B400000));
  Value half = code.make<arith::ShRSIOp>(whole, code.integer(integers, 1));
  auto power = [&](Value exponent) {
    Value biased = code.add(exponent, code.integer(integers, 127));
    Value placed = code.make<arith::ShLIOp>(biased, code.integer(integers, 23));
    return code.bitcast(placed, code.f32());
  };
  return code.mulf(code.mulf(y, power(half)), power(code.sub(whole, half)));
}

Value VectorMath::exp2OfNegative(Value x) {
  // 2^x = 2^(n + f), with |f| <= 1/2; the low bits of `shifted` are n + 127,
  // the bits of 2^n, and 0 for n = -127. NaN passes the select.
  x = code.select(code.compare(CmpFPredicate::OLT, x, number(x, -127)),
                  number(x, -127), x);
  Value magic = number(x, 0x1.8p23 + 127);
  Value shifted = code.addf(x, magic);
  Value fraction = code.subf(x, code.subf(shifted, magic));
  // 2^f: a minimax polynomial through 1 at 0.
  Value power =
      polynomial(fraction, {0.0013264728477224708, 0.009671512991189957,
                            0.05550733581185341, 0.24022242426872253,
                            0.6931470036506653, 1.0});
  Value bits = code.bitcast(shifted, code.i32());
  Value placed =
      code.make<arith::ShLIOp>(bits, code.integer(bits.getType(), 23));
  return code.mulf(power, code.bitcast(placed, code.f32()));
}

Value VectorMath::sigmoid(Value x) {
  Value one = number(x, 1);
  return code.divf(one, code.addf(one, exp(code.make<arith::NegFOp>(x))));
}

Value VectorMath::silu(Value x) {
  Value one = number(x, 1);
  return code.divf(x, code.addf(one, exp(code.make<arith::NegFOp>(x))));
}

Value VectorMath::tanh(Value x) {
  Value magnitude = abs(x);
  // Near zero; Cephes, tanhf.
  Value square = code.mulf(x, x);
  Value series = polynomial(square, {-5.70498872745e-3, 2.06390887954e-2,
                                     -5.37397155531e-2, 1.33314422036e-1,
                                     -3.33332819422e-1});
  Value near = code.fma(code.mulf(series, square), x, x);
  // 1 - 2 / (e^2|x| + 1) elsewhere.
  Value grown = exp(code.addf(magnitude, magnitude));
  Value far = code.subf(
      number(x, 1), code.divf(number(x, 2), code.addf(grown, number(x, 1))));
  Value isNear = code.compare(CmpFPredicate::OLT, magnitude, number(x, 0.625));
  return code.select(isNear, near, copySign(far, x));
}

Value VectorMath::erf(Value x) {
  // Minimax polynomials of N. Juffa's erff, on both sides of 475/512. From 4 on
  // erf is 1 in f32; farther out the polynomial turns back, and exponentials
  // that are no normal numbers take a hundred cycles. NaN passes the select.
  Value magnitude = abs(x);
  Value limit = number(x, 4);
  magnitude = code.select(code.compare(CmpFPredicate::OGT, magnitude, limit),
                          limit, magnitude);
  Value square = code.mulf(x, x);
  Value near =
      polynomial(square, {-5.96761703e-4, 4.99119423e-3, -2.67681349e-2,
                          1.12819925e-1, -3.76125336e-1, 1.28379166e-1});
  near = code.fma(near, x, x);
  Value far =
      code.fma(number(x, -1.72853470e-5), magnitude, number(x, 3.83197126e-4));
  Value other =
      code.fma(number(x, -3.88396438e-3), magnitude, number(x, 2.42546219e-2));
  far = code.fma(far, code.mulf(magnitude, magnitude), other);
  far = code.fma(far, magnitude, number(x, -1.06777877e-1));
  far = code.fma(far, magnitude, number(x, -6.34846687e-1));
  far = code.fma(far, magnitude, number(x, -1.28717512e-1));
  far = code.subf(code.mulf(far, magnitude), magnitude);
  far = code.subf(number(x, 1), exp(far));
  Value isFar =
      code.compare(CmpFPredicate::OGT, magnitude, number(x, 0.927734375));
  return code.select(isFar, copySign(far, x), near);
}

/// By exp2 and a division that are instructions: (1 + tanh(y)) / 2 is
/// 1 / (1 + e^-2y).
static Value geluOfSpecialFunctions(CodeBuilder &code, Value x) {
  constexpr double factor = -2 * 0.79788456080286535588 * 1.4426950408889634;
  auto number = [&](double value) { return code.number(x.getType(), value); };
  Value power = code.mulf(
      x, code.fma(code.mulf(x, x), number(factor * 0.044715), number(factor)));
  Value growth = code.make<math::Exp2Op>(power, arith::FastMathFlags::afn);
  Value inverse = code.make<arith::DivFOp>(
      number(1), code.addf(number(1), growth), arith::FastMathFlags::afn);
  return code.mulf(x, inverse);
}

Value VectorMath::gelu(Value x, bool tanhApproximation) {
  if (!tanhApproximation)
    return code.mulf(x, normalDistribution(x));
  if (code.features.hasSpecialFunctions)
    return geluOfSpecialFunctions(code, x);
  Value cube = code.mulf(code.mulf(x, x), x);
  Value inner = tanh(code.mulf(number(x, 0.79788456080286535588),
                               code.fma(cube, number(x, 0.044715), x)));
  Value half = code.mulf(x, number(x, 0.5));
  return code.mulf(half, code.addf(number(x, 1), inner));
}

Value VectorMath::normalDistribution(Value x) {
  // 1/2 + x * r(x^2), with x^2 mapped to t in [-1, 1] up to 5.25^2: a minimax
  // polynomial (Lawson's algorithm on 4,001 Chebyshev points, weighted so that
  // |x| r is right to 2e-8). Its coefficients have alternating signs and add up
  // to 0.4 in magnitude, so that rounding costs no more. Beyond, the line
  // leaves [0, 1]. NaN passes the selects.
  auto atMost = [&](Value value, double bound) {
    Value limit = number(x, bound);
    return code.select(code.compare(CmpFPredicate::OGT, value, limit), limit,
                       value);
  };
  Value square = atMost(code.mulf(x, x), 27.5625);
  Value t = code.fma(square, number(x, 2 / 27.5625), number(x, -1));
  Value r = polynomial(
      t, {0.00024767493596300483, -0.000663305283524096, 0.0006423788727261126,
          -0.0010206385049968958, 0.0029172368813306093, -0.005468716379255056,
          0.008404510095715523, -0.012765028513967991, 0.018542202189564705,
          -0.025044407695531845, 0.03203101083636284, -0.03976316377520561,
          0.0496458038687706, -0.06712682545185089, 0.13465934991836548});
  Value result = atMost(code.fma(x, r, number(x, 0.5)), 1);
  Value zero = number(x, 0);
  return code.select(code.compare(CmpFPredicate::OLT, result, zero), zero,
                     result);
}

Value VectorMath::sinOrCos(Value x, int64_t quadrant) {
  // The angle is reduced in f64, where pi / 2 in two parts is exact enough.
  Type wideType =
      CodeBuilder::withElement(x.getType(), code.builder.getF64Type());
  Value wide = code.make<arith::ExtFOp>(wideType, x);
  Value magic = number(wide, 0x1.8p52);
  Value shifted = code.fma(wide, number(wide, 0.63661977236758134308), magic);
  Value n = code.subf(shifted, magic);
  Value rest = code.fma(n, number(wide, -0x1.921fb544p+0), wide);
  rest = code.fma(n, number(wide, -0x1.0b4611a626331p-34), rest);
  Value r = code.make<arith::TruncFOp>(x.getType(), rest);
  Value bits = code.bitcast(shifted, code.i64());
  bits = code.add(bits, code.integer(bits.getType(), quadrant));
  Value square = code.mulf(r, r);
  // Cephes, sinf and cosf.
  Value sine =
      polynomial(square, {-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1});
  sine = code.fma(code.mulf(sine, square), r, r);
  Value cosine =
      polynomial(square, {2.443315711809948e-5, -1.388731625493765e-3,
                          4.166664568298827e-2, -0.5});
  cosine = code.fma(cosine, square, number(x, 1));
  auto bitSet = [&](int64_t mask) {
    Value masked =
        code.make<arith::AndIOp>(bits, code.integer(bits.getType(), mask));
    return code.compare(arith::CmpIPredicate::ne, masked,
                        code.integer(bits.getType(), 0));
  };
  Value result = code.select(bitSet(1), cosine, sine);
  return code.select(bitSet(2), code.make<arith::NegFOp>(result), result);
}

} // namespace weft
