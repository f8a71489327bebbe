//===- ConvertTest.cpp - Conversions against their model ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatModel.h"

#include <gtest/gtest.h>

using namespace weft::cusim::test;

namespace {

struct Direction {
  std::string name;
  Round round;
};
const Direction directions[] = {{"rn", Round::Nearest},
                                {"rz", Round::Zero},
                                {"rm", Round::Down},
                                {"rp", Round::Up}};

struct Integer {
  std::string name;
  unsigned bits;
  bool isSigned;

  __int128 value(uint64_t pattern) const {
    if (isSigned && pattern >> (bits - 1) & 1)
      return __int128(pattern) - (__int128(1) << bits);
    return pattern;
  }
  uint64_t pattern(__int128 value) const {
    return bits == 64 ? uint64_t(value)
                      : uint64_t(value) & ((uint64_t(1) << bits) - 1);
  }
  uint64_t clamp(__int128 value) const {
    __int128 highest = (__int128(1) << (isSigned ? bits - 1 : bits)) - 1;
    __int128 lowest = isSigned ? -highest - 1 : 0;
    return pattern(value < lowest ? lowest : value > highest ? highest : value);
  }
};

std::vector<Integer> integers() {
  std::vector<Integer> types;
  for (unsigned bits : {8, 16, 32, 64})
    for (bool isSigned : {false, true})
      types.push_back(
          {(isSigned ? "s" : "u") + std::to_string(bits), bits, isSigned});
  return types;
}

const FloatType *const singles[] = {&typeF16, &typeBF16, &typeF32, &typeF64};

TEST(Convert, IntegerToInteger) {
  std::vector<Case> cases;
  for (const Integer &to : integers())
    for (const Integer &from : integers())
      for (bool saturates : {false, true})
        cases.push_back(
            exactly(std::string("cvt.") + (saturates ? "sat." : "") + to.name +
                        "." + from.name,
                    1, [=](const uint64_t *in) {
                      __int128 value = from.value(in[0]);
                      return saturates ? to.clamp(value) : to.pattern(value);
                    }));
  sweep(cases);
}

TEST(Convert, IntegerToFloat) {
  std::vector<Case> cases;
  for (const FloatType *to : singles)
    for (const Integer &from : integers())
      for (const Direction &direction : directions)
        for (bool saturates : {false, true}) {
          Finish finish = {.saturates = saturates};
          cases.push_back(
              exactly("cvt." + direction.name + (saturates ? ".sat." : ".") +
                          to->name + "." + from.name,
                      1, [=, format = *to->format](const uint64_t *in) {
                        return finishResult(fromInteger(from.value(in[0])),
                                            format, direction.round, finish);
                      }));
        }
  sweep(cases);
}

/// NaN gives 0, or the top bit where .f64 or 64 bits take part.
uint64_t convertToInteger(uint64_t bits, const Format &format,
                          const Integer &to, Round round) {
  Exact value = decode(bits, format);
  if (value.isNaN())
    return format.bits == 64 || to.bits == 64 ? uint64_t(1) << (to.bits - 1)
                                              : 0;
  Exact limit = fromInteger(__int128(1) << 70);
  if (value.isInfinite() || compare(value, limit) > 0 ||
      compare(value, negate(limit)) < 0)
    return to.clamp(value.isNegative ? -(__int128(1) << 70)
                                     : __int128(1) << 70);
  return to.clamp(toInteger(toIntegral(value, round)));
}

TEST(Convert, FloatToInteger) {
  std::vector<Case> cases;
  for (const Integer &to : integers())
    for (const FloatType *from : singles)
      for (const Direction &direction : directions)
        for (bool flushes : {false, true}) {
          const Format format = *from->format;
          if (flushes && format.bits != 32)
            continue;
          for (bool saturates : {false, true}) {
            // .sat changes nothing: one direction shows it.
            if (saturates && direction.round != Round::Zero)
              continue;
            cases.push_back(exactly(
                "cvt." + direction.name + "i" + (flushes ? ".ftz" : "") +
                    (saturates ? ".sat." : ".") + to.name + "." + from->name,
                1, [=](const uint64_t *in) {
                  uint64_t bits = flushes ? flush(in[0], format) : in[0];
                  return convertToInteger(bits, format, to, direction.round);
                }));
          }
        }
  sweep(cases);
}

/// A conversion between floats; `round` applies to the result, `integral`
/// before it.
Case floatToFloat(const std::string &modifiers, const FloatType &to,
                  const FloatType &from, Round round,
                  std::optional<Round> integral, Finish finish) {
  bool flushesInput = finish.flushes && from.format == &formatF32;
  finish.flushes = finish.flushes && to.format == &formatF32;
  Case result = exactly("cvt" + modifiers + "." + to.name + "." + from.name, 1,
                        [=, toFormat = *to.format,
                         fromFormat = *from.format](const uint64_t *in) {
                          uint64_t bits =
                              flushesInput ? flush(in[0], fromFormat) : in[0];
                          Exact value = decode(bits, fromFormat);
                          if (integral)
                            value = toIntegral(value, *integral);
                          return finishResult(value, toFormat, round, finish);
                        });
  if (to.format == &formatF64)
    result.nanFormat = &formatF64;
  return result;
}

TEST(Convert, FloatToFloat) {
  std::vector<Case> cases;
  for (const FloatType *to : singles)
    for (const FloatType *from : singles) {
      bool isSame = to == from;
      bool isNarrowing = to->format->bits <= from->format->bits && !isSame;
      bool canFlush = to->format == &formatF32 || from->format == &formatF32;
      for (bool flushes : {false, true})
        for (bool saturates : {false, true}) {
          if (flushes && !canFlush)
            continue;
          Finish finish = {.flushes = flushes, .saturates = saturates};
          std::string ending =
              std::string(flushes ? ".ftz" : "") + (saturates ? ".sat" : "");
          if (!isNarrowing)
            cases.push_back(floatToFloat(ending, *to, *from, Round::Nearest,
                                         std::nullopt, finish));
          for (const Direction &direction : directions) {
            if (isNarrowing)
              cases.push_back(floatToFloat("." + direction.name + ending, *to,
                                           *from, direction.round, std::nullopt,
                                           finish));
            if (isSame)
              cases.push_back(floatToFloat("." + direction.name + "i" + ending,
                                           *to, *from, Round::Nearest,
                                           direction.round, finish));
          }
        }
    }
  sweep(cases);
}

/// A float with .relu and .satfinite, as a pattern of `format`.
uint64_t narrow(uint64_t bits, const Format &from, const Format &to,
                Round round, bool relu, bool finite) {
  Exact value = decode(bits, from);
  uint64_t result = finishResult(value, to, round, {.clampsNegative = relu});
  if (finite && !value.isNaN() && (result & (to.sign() - 1)) > to.largest)
    return (result & to.sign()) | to.largest;
  return result;
}

std::string modifiersOf(const std::string &round, bool relu, bool finite) {
  return "cvt." + round + (relu ? ".relu" : "") + (finite ? ".satfinite" : "");
}

TEST(Convert, ToHalvesAndTF32WithClamps) {
  std::vector<Case> cases;
  for (bool relu : {false, true})
    for (bool finite : {false, true}) {
      for (const Direction &direction : {directions[0], directions[1]}) {
        std::string start = modifiersOf(direction.name, relu, finite);
        for (const FloatType *type : {&typeF16, &typeBF16}) {
          const Format format = *type->format;
          cases.push_back(exactly(
              start + "." + type->name + ".f32", 1, [=](const uint64_t *in) {
                return narrow(in[0], formatF32, format, direction.round, relu,
                              finite);
              }));
          cases.push_back(exactly(
              start + "." + type->name + "x2.f32", 2, [=](const uint64_t *in) {
                uint64_t high = narrow(in[0], formatF32, format,
                                       direction.round, relu, finite);
                return high << 16 | narrow(in[1], formatF32, format,
                                           direction.round, relu, finite);
              }));
        }
      }
      for (const Direction &direction :
           {directions[0], directions[1], Direction{"rna", Round::NearestAway}})
        cases.push_back(
            exactly(modifiersOf(direction.name, relu, finite) + ".tf32.f32", 1,
                    [=](const uint64_t *in) {
                      if (isNaN(in[0], formatF32))
                        return formatF32.nan;
                      return narrow(in[0], formatF32, formatTF32,
                                    direction.round, relu, finite)
                             << 13;
                    }));
    }
  sweep(cases);
}

TEST(Convert, EightBitFloats) {
  std::vector<Case> cases;
  struct Byte {
    std::string name;
    Format format;
  };
  for (const Byte &byte :
       {Byte{"e4m3x2", formatE4M3}, Byte{"e5m2x2", formatE5M2}})
    for (bool relu : {false, true}) {
      auto narrowed = [=](uint64_t bits, const Format &from) {
        return narrow(bits, from, byte.format, Round::Nearest, relu, true);
      };
      std::string start = modifiersOf("rn", relu, true) + "." + byte.name;
      cases.push_back(exactly(start + ".f32", 2, [=](const uint64_t *in) {
        return narrowed(in[0], formatF32) << 8 | narrowed(in[1], formatF32);
      }));
      for (const FloatType *type : {&typeF16x2, &typeBF16x2})
        cases.push_back(
            exactly(start + "." + type->name, 1,
                    [=, format = *type->format](const uint64_t *in) {
                      return narrowed(in[0] >> 16, format) << 8 |
                             narrowed(in[0] & 0xffff, format);
                    }));
      cases.push_back(
          exactly(modifiersOf("rn", relu, false) + ".f16x2." + byte.name, 1,
                  [=](const uint64_t *in) {
                    auto widened = [=](uint64_t bits) {
                      return narrow(bits, byte.format, formatF16,
                                    Round::Nearest, relu, false);
                    };
                    return widened(in[0] >> 8) << 16 | widened(in[0] & 255);
                  }));
    }
  sweep(cases);
}

TEST(Convert, Packed) {
  std::vector<Case> cases;
  Integer s32 = {"s32", 32, true};
  for (Integer to : {Integer{"u16", 16, false}, Integer{"s16", 16, true},
                     Integer{"u8", 8, false}, Integer{"s8", 8, true},
                     Integer{"u4", 4, false}, Integer{"s4", 4, true}}) {
    bool hasThird = to.bits < 16;
    cases.push_back(
        exactly("cvt.pack.sat." + to.name + ".s32" + (hasThird ? ".b32" : ""),
                hasThird ? 3 : 2, [=](const uint64_t *in) -> uint64_t {
                  uint64_t high = to.clamp(s32.value(in[0]));
                  uint64_t low = to.clamp(s32.value(in[1]));
                  uint64_t rest = hasThird ? in[2] << 2 * to.bits : 0;
                  return uint32_t(rest | high << to.bits | low);
                }));
  }
  sweep(cases);
}

} // namespace
