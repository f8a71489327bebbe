//===- ApproximateTest.cpp - Approximate functions within the manual's bounds
//===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The bounds are those of PTX ISA 9.0, "Floating-Point Instructions" and
// "Half Precision Floating-Point Instructions". References are the C library's
// functions in double.
//
//===----------------------------------------------------------------------===//

#include "FloatModel.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <numbers>

using namespace weft::cusim::test;

namespace {

double toDouble(uint64_t bits, const Format &format) {
  return std::bit_cast<double>(
      encode(decode(bits, format), formatF64, Round::Nearest));
}

uint64_t fromDouble(double value, const Format &format) {
  return encode(decode(std::bit_cast<uint64_t>(value), formatF64), format,
                Round::Nearest);
}

/// A unit in the last place of `format` at `value`.
double unit(double value, const Format &format) {
  int exponent = 1 - format.bias;
  if (std::abs(value) >= std::ldexp(1, exponent))
    exponent = std::ilogb(value);
  return std::ldexp(1, exponent - int(format.fractionBits));
}

/// The error that is allowed at the true result.
using Bound = std::function<double(double operand, double truth)>;

Bound units(double count, const Format &format = formatF32) {
  // The truth may round by half a unit itself.
  return [=](double, double truth) { return count * unit(truth, format); };
}
Bound relative(double error) {
  return [=](double, double truth) { return error * std::abs(truth); };
}
Bound absolute(double error) {
  return [=](double, double) { return error; };
}

/// Whether `got` is an approximation of `truth`; NaN must be canonical,
/// zeros and infinities those of the truth once it is rounded.
bool isClose(uint64_t got, double operand, double truth, const Format &format,
             const Bound &bound) {
  if (std::isnan(truth))
    return got == format.nan;
  double value = toDouble(got, format);
  if (std::isnan(value))
    return false;
  if (std::isinf(truth))
    return value == truth;
  // Next to the largest number, infinity is as near.
  double largest = toDouble(format.largest, format);
  if (std::isinf(value))
    return std::abs(truth) + bound(operand, truth) >= largest &&
           std::signbit(value) == std::signbit(truth);
  if (truth == 0)
    return value == 0 && std::signbit(value) == std::signbit(truth);
  return std::abs(value - truth) <=
         bound(operand, truth) +
             (std::abs(truth) > largest ? truth - largest : 0);
}

/// A function of one operand; `limit` excludes operands that the manual says
/// nothing about.
void addUnary(std::vector<Case> &cases, const std::string &opcode, bool flushes,
              const FloatType &type, double (*function)(double), Bound bound,
              double limit = INFINITY) {
  Case test;
  test.subject.text = opcode + ".approx." + (flushes ? "ftz." : "") + type.name;
  test.subject.operands = 1;
  const Format &format = *type.format;
  test.judge = [=, count = type.count](const uint64_t *in,
                                       const uint64_t *out) {
    uint64_t mask = (format.sign() - 1) | format.sign();
    for (unsigned i = 0; i < count; ++i) {
      uint64_t bits = in[0] >> format.bits * i & mask;
      uint64_t got = out[0] >> format.bits * i & mask;
      if (flushes)
        bits = flush(bits, format);
      double operand = toDouble(bits, format);
      double truth = function(operand);
      if (std::abs(operand) > limit && !std::isinf(operand))
        continue;
      if (flushes && flush(got, format) != got)
        return false;
      // A subnormal truth may flush, or round up to the smallest normal.
      if (flushes && std::abs(truth) < std::ldexp(1, 1 - format.bias) &&
          flush(got, format) == (std::signbit(truth) ? format.sign() : 0))
        continue;
      if (!isClose(got, operand, truth, format, bound))
        return false;
    }
    return true;
  };
  cases.push_back(test);
}

double reciprocal(double x) { return 1 / x; }
double reciprocalRoot(double x) { return 1 / std::sqrt(x); }
double exponential(double x) { return std::exp2(x); }
double logarithm(double x) { return std::log2(x); }
double root(double x) { return std::sqrt(x); }
double sine(double x) { return std::sin(x); }
double cosine(double x) { return std::cos(x); }
double tangent(double x) { return std::tanh(x); }

TEST(Approximate, FunctionsOfF32) {
  std::vector<Case> cases;
  Bound trigonometric = [](double operand, double) {
    return std::abs(operand) <= 2 * std::numbers::pi ? 0x1p-20 : 0x1p-14;
  };
  for (bool flushes : {false, true}) {
    addUnary(cases, "rcp", flushes, typeF32, reciprocal, units(1));
    addUnary(cases, "sqrt", flushes, typeF32, root, relative(0x1p-23));
    addUnary(cases, "rsqrt", flushes, typeF32, reciprocalRoot,
             relative(std::exp2(-22.9)));
    addUnary(cases, "ex2", flushes, typeF32, exponential, units(2));
    addUnary(cases, "lg2", flushes, typeF32, logarithm,
             [](double operand, double truth) {
               return operand > 0.5 && operand < 2 ? 0x1p-22
                                                   : 0x1p-22 * std::abs(truth);
             });
    addUnary(cases, "sin", flushes, typeF32, sine, trigonometric,
             100 * std::numbers::pi);
    addUnary(cases, "cos", flushes, typeF32, cosine, trigonometric,
             100 * std::numbers::pi);
  }
  addUnary(cases, "tanh", false, typeF32, tangent, relative(0x1p-11));
  sweep(cases);
}

/// Far from zero a sine has no bound, but it is still one.
TEST(Approximate, SinesStayInRange) {
  std::vector<Case> cases;
  for (const char *text : {"sin.approx.f32", "cos.approx.ftz.f32"}) {
    Case test;
    test.subject.text = text;
    test.subject.operands = 1;
    test.judge = [](const uint64_t *in, const uint64_t *out) {
      uint64_t size = in[0] & 0x7fffffff;
      if (size >= formatF32.infinity())
        return out[0] == formatF32.nan;
      return (out[0] & 0x7fffffff) <= 0x3f800001;
    };
    cases.push_back(test);
  }
  sweep(cases);
}

TEST(Approximate, FunctionsOfHalves) {
  std::vector<Case> cases;
  for (const FloatType *type : {&typeF16, &typeF16x2}) {
    addUnary(cases, "ex2", false, *type, exponential, [](double, double truth) {
      return std::max(std::exp2(-9.9) * truth, unit(truth, formatF16));
    });
    addUnary(cases, "tanh", false, *type, tangent,
             absolute(std::exp2(-10.987)));
  }
  for (const FloatType *type : {&typeBF16, &typeBF16x2}) {
    addUnary(cases, "ex2", true, *type, exponential, relative(0x1p-7));
    addUnary(cases, "tanh", false, *type, tangent, absolute(0x1p-8));
  }
  sweep(cases);
}

TEST(Approximate, Division) {
  std::vector<Case> cases;
  for (bool isFull : {false, true})
    for (bool flushes : {false, true}) {
      Case test;
      test.subject.text = std::string(isFull ? "div.full." : "div.approx.") +
                          (flushes ? "ftz.f32" : "f32");
      test.judge = [=](const uint64_t *in, const uint64_t *out) {
        uint64_t x = flushes ? flush(in[0], formatF32) : in[0];
        uint64_t y = flushes ? flush(in[1], formatF32) : in[1];
        double a = toDouble(x, formatF32), b = toDouble(y, formatF32);
        if (!isFull && std::abs(b) > 0x1p126 && !std::isnan(a))
          return std::isinf(a) ? out[0] == formatF32.nan
                               : (out[0] & 0x7fffffff) == 0;
        double truth = a / b;
        if (flushes && std::abs(truth) < 0x1p-126 && (out[0] & 0x7fffffff) == 0)
          return true;
        return isClose(out[0], a, truth, formatF32, units(2));
      };
      cases.push_back(test);
    }
  sweep(cases);
}

/// Only the upper halves of operand and result count.
TEST(Approximate, UpperHalvesOfF64) {
  std::vector<Case> cases;
  for (const char *text :
       {"rcp.approx.ftz.f64", "rsqrt.approx.ftz.f64", "rsqrt.approx.f64"}) {
    bool isReciprocal = text[1] == 'c';
    bool flushes = std::string(text).find("ftz") != std::string::npos;
    Case test;
    test.subject.text = text;
    test.subject.operands = 1;
    test.judge = [=](const uint64_t *in, const uint64_t *out) {
      uint64_t bits = in[0];
      if (!isNaN(bits, formatF64)) {
        if (flushes)
          bits = flush(bits, formatF64);
        bits &= 0xffffffff00000000;
      }
      double x = std::bit_cast<double>(bits);
      double truth = isReciprocal ? 1 / x : 1 / std::sqrt(x);
      double got = std::bit_cast<double>(out[0]);
      if (std::isnan(truth))
        return std::isnan(got);
      if (flushes)
        truth = std::bit_cast<double>(
            flush(std::bit_cast<uint64_t>(truth), formatF64));
      if (std::isinf(truth) || truth == 0)
        return std::bit_cast<uint64_t>(truth) == out[0];
      return !(out[0] & 0xffffffff) &&
             std::abs(got - truth) <= 0x1p-20 * std::abs(truth);
    };
    cases.push_back(test);
  }
  sweep(cases);
}

/// The references themselves: 2^3 and log2(8) in f16.
TEST(Approximate, ReferencesAreExactWhereTheyCanBe) {
  EXPECT_EQ(fromDouble(exponential(3), formatF16), 0x4800u);
  EXPECT_EQ(fromDouble(logarithm(8), formatF16), 0x4200u);
}

} // namespace
