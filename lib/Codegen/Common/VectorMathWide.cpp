//===- VectorMathWide.cpp - Logarithms, powers and functions of f64 -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/VectorMath.h"

#include <limits>

using namespace mlir;
using arith::CmpFPredicate;

namespace weft {

Value VectorMath::exp64(Value x) {
  Value low = number(x, -746), high = number(x, 710);
  Value inside = code.select(code.compare(CmpFPredicate::OLT, x, low), low, x);
  inside =
      code.select(code.compare(CmpFPredicate::OGT, inside, high), high, inside);
  Value magic = number(x, 0x1.8p52);
  Value shifted =
      code.addf(code.mulf(inside, number(x, 1.4426950408889634074)), magic);
  Value n = code.subf(shifted, magic);
  Value rest = code.subf(inside, code.mulf(n, number(x, 0x1.62e42feep-1)));
  rest = code.subf(rest, code.mulf(n, number(x, 0x1.a39ef35793c76p-33)));
  // Taylor's series: |rest| < 0.35, so that rest^14 / 14! is below 2^-57.
  SmallVector<double> coefficients;
  double factorial = 6227020800.0; // 13!
  for (int power = 13; power >= 0; --power) {
    coefficients.push_back(1 / factorial);
    factorial /= power ? power : 1;
  }
  Value y = polynomial(rest, coefficients);
  Value bits = code.bitcast(shifted, code.i64());
  Type integers = bits.getType();
  Value whole = code.sub(bits, code.integer(integers, 0x4338000000000000));
  Value half = code.make<arith::ShRSIOp>(whole, code.integer(integers, 1));
  auto power = [&](Value exponent) {
    Value biased = code.add(exponent, code.integer(integers, 1023));
    Value placed = code.make<arith::ShLIOp>(biased, code.integer(integers, 52));
    return code.bitcast(placed, code.builder.getF64Type());
  };
  return code.mulf(code.mulf(y, power(half)), power(code.sub(whole, half)));
}

/// x = 2^exponent * mantissa with the mantissa in [sqrt(1/2), sqrt(2)).
static std::pair<Value, Value> split(CodeBuilder &code, Value x) {
  Type type = x.getType();
  bool wide = getElementTypeOrSelf(type).isF64();
  int64_t fraction = wide ? 52 : 23;
  Type element = wide ? code.i64() : code.i32();
  // Subnormal numbers are scaled up first.
  Value least = code.number(type, wide ? 0x1p-1022 : 0x1p-126);
  Value isSmall = code.compare(CmpFPredicate::OLT, x, least);
  Value scaled = code.select(
      isSmall, code.mulf(x, code.number(type, wide ? 0x1p54 : 0x1p25)), x);
  Value bits = code.bitcast(scaled, element);
  Type integers = bits.getType();
  // The bits of sqrt(1/2): subtracting them carries into the exponent where the
  // mantissa is below it.
  int64_t root = wide ? 0x3FE6A09E667F3BCD : 0x3F3504F3;
  Value offset = code.sub(bits, code.integer(integers, root));
  Value exponent =
      code.make<arith::ShRSIOp>(offset, code.integer(integers, fraction));
  Value mantissa = code.bitcast(
      code.sub(bits, code.make<arith::ShLIOp>(
                         exponent, code.integer(integers, fraction))),
      getElementTypeOrSelf(type));
  exponent = code.sub(
      exponent, code.select(isSmall, code.integer(integers, wide ? 54 : 25),
                            code.integer(integers, 0)));
  return {code.make<arith::SIToFPOp>(type, exponent), mantissa};
}

/// What a logarithm is outside of the positive finite numbers.
static Value fixLogarithm(CodeBuilder &code, Value x, Value result) {
  double infinity = std::numeric_limits<double>::infinity();
  Value zero = code.number(x.getType(), 0);
  Value top = code.number(x.getType(), infinity);
  auto where = [&](CmpFPredicate predicate, Value rhs, Value value) {
    result = code.select(code.compare(predicate, x, rhs), value, result);
  };
  where(CmpFPredicate::OEQ, top, top);
  where(CmpFPredicate::OEQ, zero, code.number(x.getType(), -infinity));
  where(CmpFPredicate::ULT, zero, code.number(x.getType(), NAN));
  return result;
}

Value VectorMath::log(Value x) {
  if (getElementTypeOrSelf(x.getType()).isF64())
    return log64(x);
  auto [exponent, mantissa] = split(code, x);
  Value f = code.subf(mantissa, number(x, 1));
  Value square = code.mulf(f, f);
  // Cephes, logf.
  Value y = polynomial(f, {7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1,
                           -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
                           2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1});
  y = code.mulf(code.mulf(f, square), y);
  y = code.fma(exponent, number(x, -2.12194440e-4), y);
  y = code.fma(square, number(x, -0.5), y);
  y = code.addf(f, y);
  y = code.fma(exponent, number(x, 0.693359375), y);
  return fixLogarithm(code, x, y);
}

Value VectorMath::log64(Value x) {
  auto [exponent, mantissa] = split(code, x);
  // log(m) = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
  Value s = code.divf(code.subf(mantissa, number(x, 1)),
                      code.addf(mantissa, number(x, 1)));
  Value square = code.mulf(s, s);
  SmallVector<double> coefficients;
  for (int power = 21; power >= 3; power -= 2)
    coefficients.push_back(2.0 / power);
  Value y = code.mulf(code.mulf(polynomial(square, coefficients), square), s);
  y = code.fma(exponent, number(x, 0x1.a39ef35793c76p-33), y);
  y = code.addf(code.addf(s, s), y);
  y = code.fma(exponent, number(x, 0x1.62e42feep-1), y);
  return fixLogarithm(code, x, y);
}

Value VectorMath::pow(Value x, Value y) {
  Type narrow = x.getType();
  bool wide = getElementTypeOrSelf(narrow).isF64();
  code.unify(x, y);
  Type type = CodeBuilder::withElement(x.getType(), code.builder.getF64Type());
  Value base = wide ? x : Value(code.make<arith::ExtFOp>(type, x));
  Value exponent = wide ? y : Value(code.make<arith::ExtFOp>(type, y));
  Value result = exp(code.mulf(exponent, log(abs(base))));
  // A negative base has a power only for integers, negative for odd ones.
  Value zero = code.number(type, 0), one = code.number(type, 1);
  Value isInteger = code.compare(CmpFPredicate::OEQ, floor(exponent), exponent);
  Value half = code.mulf(exponent, code.number(type, 0.5));
  Value isEven = code.compare(CmpFPredicate::OEQ, floor(half), half);
  Value isOdd = code.select(isEven, code.number(type, 0),
                            code.select(isInteger, one, zero));
  Value oddInteger = code.compare(CmpFPredicate::ONE, isOdd, zero);
  Value negated = copySign(result, base);
  Value nan = code.number(type, NAN);
  Value isNegative = code.compare(CmpFPredicate::OLT, base, zero);
  Value isFinite =
      code.compare(CmpFPredicate::OGT, base,
                   code.number(type, -std::numeric_limits<double>::infinity()));
  Value ofNegative =
      code.select(isInteger, result, code.select(isFinite, nan, result));
  result = code.select(isNegative, ofNegative, result);
  result = code.select(oddInteger, negated, result);
  // x^0 and 1^y are 1, even for NaN.
  result = code.select(code.compare(CmpFPredicate::OEQ, exponent, zero), one,
                       result);
  result =
      code.select(code.compare(CmpFPredicate::OEQ, base, one), one, result);
  Type resultType =
      CodeBuilder::withElement(type, getElementTypeOrSelf(narrow));
  return wide ? result : Value(code.make<arith::TruncFOp>(resultType, result));
}

} // namespace weft
