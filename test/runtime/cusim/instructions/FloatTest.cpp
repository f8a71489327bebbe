//===- FloatTest.cpp - Exact arithmetic of all float types against its model
//===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatModel.h"

#include <gtest/gtest.h>

using namespace weft::cusim::test;

namespace {

/// The rounding modifiers.
struct Direction {
  std::string name;
  Round round;
};
const Direction directions[] = {{".rn", Round::Nearest},
                                {".rz", Round::Zero},
                                {".rm", Round::Down},
                                {".rp", Round::Up}};

/// add, sub, mul, fma, div, rcp or sqrt without a rounding.
Exact operate(const std::string &opcode, const Exact *x, Round round) {
  if (opcode == "add")
    return add(x[0], x[1], round);
  if (opcode == "sub")
    return add(x[0], negate(x[1]), round);
  if (opcode == "mul")
    return multiply(x[0], x[1]);
  if (opcode == "fma" || opcode == "mad")
    return add(multiply(x[0], x[1]), x[2], round);
  if (opcode == "div")
    return divide(x[0], x[1]);
  if (opcode == "rcp")
    return divide(fromInteger(1), x[0]);
  return squareRoot(x[0]);
}

unsigned operandsOf(const std::string &opcode) {
  if (opcode == "fma" || opcode == "mad")
    return 3;
  return opcode == "rcp" || opcode == "sqrt" ? 1 : 2;
}

Case arithmetic(const std::string &opcode, const std::string &modifiers,
                const FloatType &type, Round round, Finish finish) {
  return lanewise(
      opcode + modifiers + "." + type.name, operandsOf(opcode), type, finish,
      [=](const Exact *x) { return operate(opcode, x, round); }, round);
}

TEST(Float, ArithmeticInEveryDirection) {
  std::vector<Case> cases;
  for (const FloatType *type : {&typeF32, &typeF64})
    for (std::string opcode :
         {"add", "sub", "mul", "fma", "mad", "div", "rcp", "sqrt"}) {
      bool isSum = opcode == "add" || opcode == "sub" || opcode == "mul";
      bool isF32 = type == &typeF32;
      if (isSum)
        cases.push_back(arithmetic(opcode, "", *type, Round::Nearest, {}));
      for (const Direction &direction : directions) {
        cases.push_back(
            arithmetic(opcode, direction.name, *type, direction.round, {}));
        if (!isF32)
          continue;
        cases.push_back(arithmetic(opcode, direction.name + ".ftz", *type,
                                   direction.round, {.flushes = true}));
        if (opcode == "div" || opcode == "rcp" || opcode == "sqrt")
          continue;
        cases.push_back(arithmetic(opcode, direction.name + ".sat", *type,
                                   direction.round, {.saturates = true}));
        cases.push_back(arithmetic(opcode, direction.name + ".ftz.sat", *type,
                                   direction.round,
                                   {.flushes = true, .saturates = true}));
      }
    }
  sweep(cases);
}

TEST(Float, PairsOfF32) {
  std::vector<Case> cases;
  for (std::string opcode : {"add", "sub", "mul", "fma"})
    for (const Direction &direction : directions)
      for (bool flushes : {false, true})
        cases.push_back(
            arithmetic(opcode, direction.name + (flushes ? ".ftz" : ""),
                       typeF32x2, direction.round, {.flushes = flushes}));
  sweep(cases);
}

TEST(Float, HalvesRoundOnce) {
  std::vector<Case> cases;
  for (const FloatType *type : {&typeF16, &typeF16x2, &typeBF16, &typeBF16x2})
    for (std::string opcode : {"add", "sub", "mul", "fma"}) {
      bool isF16 = type->format == &formatF16;
      auto push = [&](const char *modifiers, Finish finish) {
        cases.push_back(
            arithmetic(opcode, modifiers, *type, Round::Nearest, finish));
      };
      push(".rn", {});
      if (opcode != "fma")
        push("", {});
      if (isF16) {
        push(".rn.ftz", {.flushes = true});
        push(".rn.sat", {.saturates = true});
        push(".rn.ftz.sat", {.flushes = true, .saturates = true});
      }
      if (opcode == "fma")
        push(".rn.relu", {.clampsNegative = true});
      if (opcode == "fma" && isF16)
        push(".rn.ftz.relu", {.flushes = true, .clampsNegative = true});
    }
  sweep(cases);
}

/// min and max on patterns, as the manual's text has it.
uint64_t order(const uint64_t *in, const Format &format, bool isMax,
               bool propagatesNaN, bool usesMagnitudes) {
  uint64_t a = in[0], b = in[1];
  uint64_t sign = (a ^ b) & format.sign();
  if (usesMagnitudes) {
    a &= ~format.sign();
    b &= ~format.sign();
  }
  uint64_t result = 0;
  if (isNaN(a, format) && isNaN(b, format))
    return format.nan;
  if (isNaN(a, format) || isNaN(b, format)) {
    if (propagatesNaN)
      return format.nan;
    result = isNaN(a, format) ? b : a;
  } else {
    int sense = compare(decode(a, format), decode(b, format));
    // -0 is below +0.
    if (sense == 0)
      sense = int((b & format.sign()) != 0) - int((a & format.sign()) != 0);
    result = (sense < 0) == isMax ? b : a;
  }
  return usesMagnitudes ? (result & ~format.sign()) | sign : result;
}

TEST(Float, MinimumAndMaximum) {
  std::vector<Case> cases;
  for (const FloatType &type : floatTypes) {
    bool isF64 = type.format == &formatF64, isF32x2 = type.name == "f32x2";
    bool canFlush = type.format == &formatF16 || type.format == &formatF32;
    if (isF32x2)
      continue;
    for (bool isMax : {false, true})
      for (bool flushes : {false, true})
        for (bool propagates : {false, true})
          for (bool magnitudes : {false, true}) {
            if ((flushes && !canFlush) || (isF64 && (propagates || magnitudes)))
              continue;
            std::string text = isMax ? "max" : "min";
            text += flushes ? ".ftz" : "";
            text += propagates ? ".NaN" : "";
            text += magnitudes ? ".xorsign.abs" : "";
            cases.push_back(patternwise(
                text + "." + type.name, 2, type, flushes,
                [=, format = *type.format](const uint64_t *in) {
                  return order(in, format, isMax, propagates, magnitudes);
                }));
          }
  }
  sweep(cases);
}

TEST(Float, Signs) {
  std::vector<Case> cases;
  for (const FloatType &type : floatTypes) {
    if (type.name == "f32x2")
      continue;
    const Format format = *type.format;
    bool canFlush = type.format == &formatF16 || type.format == &formatF32;
    for (bool flushes : {false, true}) {
      if (flushes && !canFlush)
        continue;
      std::string ending = (flushes ? ".ftz." : ".") + type.name;
      cases.push_back(patternwise(
          "abs" + ending, 1, type, flushes,
          [=](const uint64_t *in) { return in[0] & ~format.sign(); }));
      cases.push_back(patternwise(
          "neg" + ending, 1, type, flushes,
          [=](const uint64_t *in) { return in[0] ^ format.sign(); }));
    }
  }
  for (const FloatType *type : {&typeF32, &typeF64})
    cases.push_back(exactly("copysign." + type->name, 2,
                            [sign = type->format->sign()](const uint64_t *in) {
                              return (in[0] & sign) | (in[1] & ~sign);
                            }));
  for (Case &test : cases)
    test.nanFormat = nullptr;
  sweep(cases);
}

TEST(Float, Classes) {
  std::vector<Case> cases;
  for (const FloatType *type : {&typeF32, &typeF64}) {
    const Format format = *type->format;
    auto push = [&](const char *name, auto holds) {
      cases.push_back(exactly("testp." + std::string(name) + "." + type->name,
                              1, [=](const uint64_t *in) -> uint64_t {
                                uint64_t size = in[0] & ~format.sign();
                                bool isSubnormal = size && !flush(size, format);
                                return holds(size > format.infinity(),
                                             size == format.infinity(),
                                             isSubnormal);
                              }));
    };
    push("finite", [](bool nan, bool inf, bool) { return !nan && !inf; });
    push("infinite", [](bool, bool inf, bool) { return inf; });
    push("number", [](bool nan, bool, bool) { return !nan; });
    push("notanumber", [](bool nan, bool, bool) { return nan; });
    push("normal",
         [](bool nan, bool inf, bool tiny) { return !nan && !inf && !tiny; });
    push("subnormal", [](bool, bool, bool tiny) { return tiny; });
  }
  sweep(cases);
}

} // namespace
