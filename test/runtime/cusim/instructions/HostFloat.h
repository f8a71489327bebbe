//===- HostFloat.h - Floating point by integers alone -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The host model of floating point: numbers are integers times powers of two,
// operations are exact or keep whether something is left below, and rounding
// happens once. Shares nothing with the emitter, and no host arithmetic.
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_INSTRUCTIONS_HOSTFLOAT_H
#define TEST_RUNTIME_CUSIM_INSTRUCTIONS_HOSTFLOAT_H

#include <cstdint>

namespace weft::cusim::test {

/// A binary interchange format; `largest` is its greatest finite pattern.
struct Format {
  unsigned bits, fractionBits;
  int bias;
  uint64_t nan;
  uint64_t largest;
  bool hasInfinity = true;

  uint64_t sign() const { return uint64_t(1) << (bits - 1); }
  uint64_t infinity() const { return largest + 1; }
};

inline constexpr Format formatF16 = {16, 10, 15, 0x7fff, 0x7bff};
inline constexpr Format formatBF16 = {16, 7, 127, 0x7fff, 0x7f7f};
inline constexpr Format formatTF32 = {19, 10, 127, 0x3ffff, 0x3fbff};
inline constexpr Format formatF32 = {32, 23, 127, 0x7fffffff, 0x7f7fffff};
inline constexpr Format formatF64 = {64, 52, 1023, 0x7fffffffffffffff,
                                     0x7fefffffffffffff};
inline constexpr Format formatE4M3 = {8, 3, 7, 0x7f, 0x7e, false};
inline constexpr Format formatE5M2 = {8, 2, 15, 0x7f, 0x7b};

enum class Round { Nearest, NearestAway, Zero, Down, Up };

/// mantissa * 2^exponent, and a little more (less than one unit of the
/// mantissa) when `isInexact`.
struct Exact {
  enum class Kind { Number, Infinity, NaN };
  Kind kind = Kind::Number;
  bool isNegative = false;
  unsigned __int128 mantissa = 0;
  int exponent = 0;
  bool isInexact = false;

  bool isNaN() const { return kind == Kind::NaN; }
  bool isInfinite() const { return kind == Kind::Infinity; }
  bool isZero() const { return kind == Kind::Number && mantissa == 0; }
};

Exact notANumber();
Exact decode(uint64_t bits, const Format &format);
uint64_t encode(const Exact &value, const Format &format, Round round);
Exact fromInteger(__int128 value);
/// Rounded to an integer.
Exact toIntegral(Exact value, Round round);
/// The integer that an integral value is; `value` is below 2^100.
__int128 toInteger(const Exact &value);

/// `round` decides the sign of an exact zero.
Exact add(const Exact &a, const Exact &b, Round round);
Exact multiply(const Exact &a, const Exact &b);
Exact divide(const Exact &a, const Exact &b);
Exact squareRoot(const Exact &a);
Exact negate(Exact a);
/// -1, 0, 1; of numbers and infinities.
int compare(const Exact &a, const Exact &b);

/// Subnormals become zeros of their sign.
uint64_t flush(uint64_t bits, const Format &format);
bool isNaN(uint64_t bits, const Format &format);

} // namespace weft::cusim::test

#endif // TEST_RUNTIME_CUSIM_INSTRUCTIONS_HOSTFLOAT_H
