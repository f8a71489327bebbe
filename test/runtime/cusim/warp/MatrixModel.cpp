//===- MatrixModel.cpp - Matrices one element at a time -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/warp/MatrixModel.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace weft::cusim {

using ptx::Type;

namespace {

/// Sign, exponent and fraction, as IEEE 754 has them; `hasInfinity`: the
/// largest exponent is infinity and NaN.
double decodeFloat(uint64_t bits, unsigned exponentBits, unsigned fractionBits,
                   bool hasInfinity = true) {
  int bias = (1 << (exponentBits - 1)) - 1;
  uint64_t fraction = bits & ((uint64_t(1) << fractionBits) - 1);
  int exponent =
      static_cast<int>(bits >> fractionBits & ((1u << exponentBits) - 1));
  double sign = bits >> (exponentBits + fractionBits) & 1 ? -1.0 : 1.0;
  if (hasInfinity && exponent == (1 << exponentBits) - 1)
    return fraction ? std::numeric_limits<double>::quiet_NaN()
                    : sign * std::numeric_limits<double>::infinity();
  double scaled = std::ldexp(static_cast<double>(fraction),
                             -static_cast<int>(fractionBits));
  return sign * (exponent ? std::ldexp(1 + scaled, exponent - bias)
                          : std::ldexp(scaled, 1 - bias));
}

int64_t signExtend(uint64_t bits, unsigned width) {
  return static_cast<int64_t>(bits << (64 - width)) >> (64 - width);
}

bool isInteger(Type type) {
  return type == Type::S8 || type == Type::U8 || type == Type::S4 ||
         type == Type::U4 || type == Type::S32 || type == Type::B1;
}

/// The element that holds a small integer.
uint64_t encodeSmall(Type type, int value) {
  switch (type) {
  case Type::F16:
    return encodeHalf(static_cast<float>(value));
  case Type::BF16:
    return std::bit_cast<uint32_t>(static_cast<float>(value)) >> 16;
  case Type::TF32:
  case Type::F32:
    return std::bit_cast<uint32_t>(static_cast<float>(value));
  case Type::F64:
    return std::bit_cast<uint64_t>(static_cast<double>(value));
  case Type::E5M2:
    return encodeHalf(static_cast<float>(value)) >> 8;
  case Type::E4M3:
    // -3 to 3: 1 and 2 are powers of two, 3 is 1.5 times 2.
    return (value < 0 ? 0x80 : 0) |
           std::array{0, 0x38, 0x40, 0x44}[std::abs(value)];
  default:
    return static_cast<uint64_t>(value) &
           ((uint64_t(1) << ptx::bitsOf(type)) - 1);
  }
}

} // namespace

double decodeElement(Type type, uint64_t bits) {
  switch (type) {
  case Type::F16:
    return decodeFloat(bits, 5, 10);
  case Type::BF16:
    return decodeFloat(bits, 8, 7);
  case Type::TF32:
    return decodeFloat(bits >> 13, 8, 10);
  case Type::F32:
    return decodeFloat(bits, 8, 23);
  case Type::F64:
    return std::bit_cast<double>(bits);
  case Type::E5M2:
    return decodeFloat(bits, 5, 2);
  case Type::E4M3:
    return (bits & 0x7f) == 0x7f ? std::numeric_limits<double>::quiet_NaN()
                                 : decodeFloat(bits, 4, 3, false);
  case Type::S8:
  case Type::S4:
  case Type::S32:
    return static_cast<double>(signExtend(bits, ptx::bitsOf(type)));
  default:
    return static_cast<double>(bits);
  }
}

uint16_t encodeHalf(float value) {
  return std::bit_cast<uint16_t>(static_cast<_Float16>(value));
}

BitMatrix randomMatrix(Type type, unsigned rows, unsigned columns,
                       Filling filling, std::mt19937 &random) {
  BitMatrix matrix(rows, columns);
  unsigned width = ptx::bitsOf(type);
  uint64_t mask = ~uint64_t(0) >> (64 - width);
  for (uint64_t &bits : matrix.bits) {
    int small = static_cast<int>(random() % 7) - 3;
    if (type == Type::U8 || type == Type::U4 || type == Type::B1)
      small = std::abs(small);
    bits = encodeSmall(type, small) & mask;
    if (filling == Filling::Small && !isInteger(type))
      continue;
    do
      bits = (uint64_t(random()) << 32 | random()) & mask;
    while (filling == Filling::Finite &&
           !std::isfinite(decodeElement(type, bits)));
  }
  return matrix;
}

void appendFragment(Words &words, const BitMatrix &matrix, Type type,
                    const Layout &layout) {
  unsigned width = ptx::bitsOf(type), first = words.size() * 32;
  unsigned elements = matrix.rows * matrix.columns / WarpSize;
  words.resize(words.size() + elements * width / 32);
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    for (unsigned i = 0; i < elements; ++i) {
      RowColumn place = layout(lane, i);
      uint64_t bits = matrix.at(place.row, place.column);
      for (unsigned part = 0; part < width; part += 32) {
        unsigned at = first + i * width + part;
        words[at / 32][lane] |= static_cast<uint32_t>(bits >> part) << at % 32;
      }
    }
}

BitMatrix readFragment(const Words &words, unsigned first, unsigned rows,
                       unsigned columns, Type type, const Layout &layout) {
  BitMatrix matrix(rows, columns);
  unsigned width = ptx::bitsOf(type);
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    for (unsigned i = 0; i < rows * columns / WarpSize; ++i) {
      unsigned at = first * 32 + i * width;
      uint64_t bits = words[at / 32][lane] >> at % 32;
      if (width == 64)
        bits |= uint64_t(words[at / 32 + 1][lane]) << 32;
      RowColumn place = layout(lane, i);
      matrix.at(place.row, place.column) =
          bits & (~uint64_t(0) >> (64 - width));
    }
  return matrix;
}

BitMatrix multiplyModel(const ProductTypes &types, const BitMatrix &a,
                        const BitMatrix &b, const BitMatrix &c) {
  BitMatrix d(c.rows, c.columns);
  for (unsigned row = 0; row < c.rows; ++row)
    for (unsigned column = 0; column < c.columns; ++column) {
      double initial = decodeElement(types.c, c.at(row, column));
      int64_t sum = signExtend(c.at(row, column), 32);
      float single = static_cast<float>(initial);
      double number = initial;
      for (unsigned k = 0; k < a.columns; ++k) {
        double left = decodeElement(types.a, a.at(row, k));
        double right = decodeElement(types.b, b.at(k, column));
        if (types.a == Type::B1)
          sum += types.isXor ? left != right : left && right;
        else if (isInteger(types.a))
          sum += static_cast<int64_t>(left * right);
        single = std::fma(static_cast<float>(left), static_cast<float>(right),
                          single);
        number = std::fma(left, right, number);
      }
      if (types.isSaturating)
        sum = std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX);
      uint64_t &result = d.at(row, column);
      if (types.d == Type::S32)
        result = static_cast<uint32_t>(sum);
      else if (types.d == Type::F64)
        result = std::bit_cast<uint64_t>(number);
      else if (types.d == Type::F16)
        result = encodeHalf(single);
      else
        result = std::bit_cast<uint32_t>(single);
    }
  return d;
}

void expectSame(Type type, const BitMatrix &actual, const BitMatrix &expected,
                const std::string &what) {
  for (unsigned row = 0; row < expected.rows; ++row)
    for (unsigned column = 0; column < expected.columns; ++column) {
      uint64_t left = actual.at(row, column), right = expected.at(row, column);
      double value = decodeElement(type, left);
      if (std::isnan(value) && std::isnan(decodeElement(type, right)))
        continue;
      ASSERT_EQ(left, right)
          << what << ", row " << row << ", column " << column << ": " << value
          << " instead of " << decodeElement(type, right);
    }
}

} // namespace weft::cusim
