//===- HostFloat.cpp - Floating point by integers alone -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostFloat.h"

namespace weft::cusim::test {

using Wide = unsigned __int128;

static int highestBit(Wide value) {
  int bit = -1;
  while (value) {
    value >>= 1;
    ++bit;
  }
  return bit;
}

Exact notANumber() {
  Exact result;
  result.kind = Exact::Kind::NaN;
  return result;
}

static Exact infinity(bool isNegative) {
  Exact result;
  result.kind = Exact::Kind::Infinity;
  result.isNegative = isNegative;
  return result;
}

static Exact zero(bool isNegative) {
  Exact result;
  result.isNegative = isNegative;
  return result;
}

bool isNaN(uint64_t bits, const Format &format) {
  uint64_t magnitude = bits & (format.sign() - 1);
  return format.hasInfinity ? magnitude > format.infinity()
                            : magnitude > format.largest;
}

Exact decode(uint64_t bits, const Format &format) {
  uint64_t magnitude = bits & (format.sign() - 1);
  bool isNegative = bits & format.sign();
  if (isNaN(bits, format))
    return notANumber();
  if (magnitude > format.largest)
    return infinity(isNegative);
  uint64_t fraction = magnitude & ((uint64_t(1) << format.fractionBits) - 1);
  int biased = int(magnitude >> format.fractionBits);
  Exact result;
  result.isNegative = isNegative;
  result.mantissa =
      biased ? fraction | uint64_t(1) << format.fractionBits : fraction;
  result.exponent = (biased ? biased : 1) - format.bias - format.fractionBits;
  return result;
}

/// value / 2^shift as an integer, rounded.
static Wide roundOff(Wide value, int shift, bool isInexact, bool isNegative,
                     Round round) {
  if (shift <= 0)
    return value << -shift;
  Wide kept = shift > 127 ? 0 : value >> shift;
  Wide half = shift > 127 ? 0 : Wide(1) << (shift - 1);
  Wide rest = shift > 127 ? value : value & ((half << 1) - 1);
  bool isMoreThanNothing = rest || isInexact;
  bool isHalf = shift <= 127 && rest == half && !isInexact;
  bool isMoreThanHalf =
      shift <= 127 && (rest > half || (rest == half && isInexact));
  bool goesUp = false;
  switch (round) {
  case Round::Nearest:
    goesUp = isMoreThanHalf || (isHalf && (kept & 1));
    break;
  case Round::NearestAway:
    goesUp = isMoreThanHalf || isHalf;
    break;
  case Round::Zero:
    break;
  case Round::Down:
    goesUp = isNegative && isMoreThanNothing;
    break;
  case Round::Up:
    goesUp = !isNegative && isMoreThanNothing;
    break;
  }
  return kept + goesUp;
}

uint64_t encode(const Exact &value, const Format &format, Round round) {
  if (value.isNaN())
    return format.nan;
  uint64_t sign = value.isNegative ? format.sign() : 0;
  if (value.isInfinite())
    return sign | format.infinity();
  if (!value.mantissa)
    return sign;
  int highest = highestBit(value.mantissa) + value.exponent;
  int quantum = highest - int(format.fractionBits);
  int smallest = 1 - format.bias - int(format.fractionBits);
  if (quantum < smallest)
    quantum = smallest;
  Wide kept = roundOff(value.mantissa, quantum - value.exponent,
                       value.isInexact, value.isNegative, round);
  int biased = quantum + int(format.fractionBits) + format.bias;
  bool overflows = biased > 0xffff;
  Wide pattern = (Wide(biased - 1) << format.fractionBits) + kept;
  if (overflows || pattern > format.largest) {
    bool isAway = round == Round::Nearest || round == Round::NearestAway ||
                  (round == Round::Up && !value.isNegative) ||
                  (round == Round::Down && value.isNegative);
    return sign | (isAway ? format.infinity() : format.largest);
  }
  return sign | uint64_t(pattern);
}

Exact fromInteger(__int128 value) {
  Exact result;
  result.isNegative = value < 0;
  result.mantissa = value < 0 ? -Wide(value) : Wide(value);
  return result;
}

Exact toIntegral(Exact value, Round round) {
  if (value.kind != Exact::Kind::Number || value.exponent >= 0)
    return value;
  value.mantissa = roundOff(value.mantissa, -value.exponent, value.isInexact,
                            value.isNegative, round);
  value.exponent = 0;
  return value;
}

__int128 toInteger(const Exact &value) {
  __int128 magnitude = value.exponent >= 0
                           ? __int128(value.mantissa << value.exponent)
                           : __int128(value.mantissa >> -value.exponent);
  return value.isNegative ? -magnitude : magnitude;
}

/// With the highest bit of the mantissa at 120; for mantissas of at most that.
static Exact normalized(Exact value) {
  int shift = 120 - highestBit(value.mantissa);
  value.mantissa <<= shift;
  value.exponent -= shift;
  return value;
}

int compare(const Exact &a, const Exact &b) {
  if (a.isZero() && b.isZero())
    return 0;
  auto signOf = [](const Exact &value) {
    return value.isZero() ? 0 : value.isNegative ? -1 : 1;
  };
  if (signOf(a) != signOf(b))
    return signOf(a) < signOf(b) ? -1 : 1;
  int larger = signOf(a);
  if (a.isInfinite() || b.isInfinite())
    return a.isInfinite() == b.isInfinite() ? 0
           : a.isInfinite()                 ? larger
                                            : -larger;
  Exact x = normalized(a), y = normalized(b);
  if (x.exponent != y.exponent)
    return x.exponent > y.exponent ? larger : -larger;
  if (x.mantissa != y.mantissa)
    return x.mantissa > y.mantissa ? larger : -larger;
  return 0;
}

Exact negate(Exact a) {
  a.isNegative = !a.isNegative;
  return a;
}

Exact add(const Exact &a, const Exact &b, Round round) {
  if (a.isNaN() || b.isNaN())
    return notANumber();
  if (a.isInfinite() || b.isInfinite()) {
    if (a.isInfinite() && b.isInfinite() && a.isNegative != b.isNegative)
      return notANumber();
    return a.isInfinite() ? a : b;
  }
  if (a.isZero() && b.isZero())
    return zero(a.isNegative == b.isNegative ? a.isNegative
                                             : round == Round::Down);
  if (a.isZero() || b.isZero())
    return a.isZero() ? b : a;
  Exact x = normalized(a), y = normalized(b);
  if (x.exponent < y.exponent ||
      (x.exponent == y.exponent && x.mantissa < y.mantissa))
    return add(b, a, round);
  int distance = x.exponent - y.exponent;
  bool isInexact = distance > 120 || (y.mantissa & ((Wide(1) << distance) - 1));
  Wide small = distance > 120 ? 0 : y.mantissa >> distance;
  Exact result = x;
  result.isInexact = isInexact;
  if (x.isNegative == y.isNegative) {
    result.mantissa = x.mantissa + small;
    return result;
  }
  result.mantissa = x.mantissa - small - (isInexact ? 1 : 0);
  if (!result.mantissa && !isInexact)
    return zero(round == Round::Down);
  return result;
}

Exact multiply(const Exact &a, const Exact &b) {
  bool isNegative = a.isNegative != b.isNegative;
  if (a.isNaN() || b.isNaN() || (a.isInfinite() && b.isZero()) ||
      (a.isZero() && b.isInfinite()))
    return notANumber();
  if (a.isInfinite() || b.isInfinite())
    return infinity(isNegative);
  Exact result;
  result.isNegative = isNegative;
  result.mantissa = a.mantissa * b.mantissa;
  result.exponent = a.exponent + b.exponent;
  return result;
}

Exact divide(const Exact &a, const Exact &b) {
  bool isNegative = a.isNegative != b.isNegative;
  if (a.isNaN() || b.isNaN() || (a.isInfinite() && b.isInfinite()) ||
      (a.isZero() && b.isZero()))
    return notANumber();
  if (a.isInfinite() || b.isZero())
    return infinity(isNegative);
  if (a.isZero() || b.isInfinite())
    return zero(isNegative);
  Exact x = normalized(a), result;
  result.isNegative = isNegative;
  result.mantissa = x.mantissa / b.mantissa;
  result.exponent = x.exponent - b.exponent;
  result.isInexact = x.mantissa % b.mantissa;
  return result;
}

Exact squareRoot(const Exact &a) {
  if (a.isNaN() || (a.isNegative && !a.isZero()))
    return notANumber();
  if (a.isInfinite() || a.isZero())
    return a;
  Exact x = normalized(a);
  if (x.exponent % 2) {
    x.mantissa <<= 1;
    x.exponent -= 1;
  }
  Wide root = 0;
  for (int bit = 62; bit >= 0; --bit) {
    Wide candidate = root | Wide(1) << bit;
    if (candidate * candidate <= x.mantissa)
      root = candidate;
  }
  Exact result;
  result.mantissa = root;
  result.exponent = x.exponent / 2;
  result.isInexact = root * root != x.mantissa;
  return result;
}

uint64_t flush(uint64_t bits, const Format &format) {
  uint64_t exponent = ((format.sign() - 1) >> format.fractionBits)
                      << format.fractionBits;
  return bits & exponent ? bits : bits & format.sign();
}

} // namespace weft::cusim::test
