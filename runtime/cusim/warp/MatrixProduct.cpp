//===- MatrixProduct.cpp - Products of small matrices ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/MatrixProduct.h"

#include "runtime/cusim/warp/MatrixElements.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace weft::cusim {

namespace {

constexpr unsigned MaxRows = 64, MaxDepth = 64;

/// Rows and columns of a square block that is held in registers.
constexpr unsigned Tile = 8;

template <bool Fast>
CUSIM_INLINE void multiplyAdd(const Float8 &a, const Float8 &b, Float8 &c,
                              bool isExact) {
  if constexpr (Fast)
    c = __builtin_elementwise_fma(a, b, c);
  else if (isExact)
    c += a * b;
  else
    for (unsigned i = 0; i < Tile; ++i)
      c[i] = std::fma(a[i], b[i], c[i]);
}

/// to[i][j] = from[j][i] of 8 x 8 values, rows `stride` values apart.
CUSIM_INLINE void transposeTile(const float *from, unsigned stride, float *to) {
  Float8 r[8], s[8];
  for (unsigned i = 0; i < 8; ++i)
    loadVector(from + i * stride, r[i]);
  // Pairs, then quads, then halves of rows change places.
  for (unsigned i = 0; i < 8; i += 2) {
    s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    s[i + 1] =
        __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (unsigned i = 0; i < 8; i += 4)
    for (unsigned j = i; j < i + 2; ++j) {
      r[j] = __builtin_shufflevector(s[j], s[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      r[j + 2] =
          __builtin_shufflevector(s[j], s[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (unsigned i = 0; i < 4; ++i) {
    s[i] = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    s[i + 4] =
        __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
  for (unsigned i = 0; i < 8; ++i)
    storeVector(s[i], to + i * Tile);
}

/// c[8][n] += a[8][k] * b[k][8]; rows of c are `stride` values apart.
template <bool Fast>
CUSIM_INLINE void multiplyTile(const float *a, unsigned k, const float *b,
                               float *c, unsigned stride, bool isExact) {
  Float8 sums[Tile];
  for (unsigned row = 0; row < Tile; ++row)
    loadVector(c + row * stride, sums[row]);
  for (unsigned depth = 0; depth < k; ++depth) {
    Float8 column;
    loadVector(b + depth * Tile, column);
#pragma clang loop unroll(full)
    for (unsigned row = 0; row < Tile; ++row)
      multiplyAdd<Fast>(Float8(a[row * k + depth]), column, sums[row], isExact);
  }
  for (unsigned row = 0; row < Tile; ++row)
    storeVector(sums[row], c + row * stride);
}

/// Whether products of the type's values are f32 values: the others can be too
/// small or too large for it.
bool hasExactProducts(ptx::Type type) {
  return type != ptx::Type::BF16 && type != ptx::Type::TF32;
}

template <bool Fast> CUSIM_INLINE void multiply(const MatrixProduct &p) {
  alignas(64) float a[MaxRows * MaxDepth];
  // k = 4 makes half a row of 8; what a tile reads behind it is not used.
  alignas(64) float row[Tile * MaxDepth + Tile];
  alignas(64) float b[MaxDepth * Tile];
  convertElements<Fast>(p.aType, p.a, a, p.m * p.k);
  if (p.negates)
    for (unsigned i = 0; i < p.m * p.k; ++i)
      a[i] = -a[i];
  unsigned rowBytes = p.k * ptx::bitsOf(p.bType) / 8;
  bool isExact = hasExactProducts(p.aType);
  for (unsigned column = 0; column < p.n; column += Tile) {
    convertElements<Fast>(p.bType, p.b + column * rowBytes, row, Tile * p.k);
    for (unsigned depth = 0; depth < p.k; depth += Tile)
      transposeTile(row + depth, p.k, b + depth * Tile);
    for (unsigned top = 0; top < p.m; top += Tile)
      multiplyTile<Fast>(a + top * p.k, p.k, b, p.c + top * p.n + column, p.n,
                         isExact);
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma,f16c"))) void
multiplyWithAvx2(const MatrixProduct &product) {
  multiply<true>(product);
}
__attribute__((target("avx2,fma,f16c"))) void
multiplyDoublesWithAvx2(const double *a, const double *b, double *c, unsigned m,
                        unsigned n, unsigned k) {
  for (unsigned i = 0; i < m * n; ++i)
    for (unsigned depth = 0; depth < k; ++depth)
      c[i] = __builtin_fma(a[i / n * k + depth], b[i % n * k + depth], c[i]);
}
__attribute__((target("avx2,fma,f16c"))) void
roundToHalfWithAvx2(const float *from, uint16_t *to, unsigned count) {
  for (unsigned i = 0; i < count; i += 8) {
    Float8 values;
    loadVector(from + i, values);
    Half8 halves = __builtin_convertvector(values, Half8);
    storeVector(halves, to + i);
  }
}
#endif

void multiplyAnywhere(const MatrixProduct &product) {
  multiply<false>(product);
}

void multiplyDoublesAnywhere(const double *a, const double *b, double *c,
                             unsigned m, unsigned n, unsigned k) {
  for (unsigned i = 0; i < m * n; ++i)
    for (unsigned depth = 0; depth < k; ++depth)
      c[i] = std::fma(a[i / n * k + depth], b[i % n * k + depth], c[i]);
}

/// To nearest even, by adding what makes f32 round at the place of f16's last
/// bit.
uint16_t halfOf(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000)
    return static_cast<uint16_t>(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
  // From 65520 on, the nearest is infinity.
  if (magnitude >= 0x477ff000)
    return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: the unit is 2^-24, that of f32 values from 0.5 to 1.
    float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(
        sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000));
  }
  uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

void roundToHalfAnywhere(const float *from, uint16_t *to, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    to[i] = halfOf(from[i]);
}

/// What this host runs best, looked up once.
struct Variants {
  decltype(&multiplyMatrices) multiply = multiplyAnywhere;
  decltype(&multiplyDoubles) multiplyDoubles = multiplyDoublesAnywhere;
  decltype(&roundToHalf) roundToHalf = roundToHalfAnywhere;

  Variants() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("f16c")) {
      multiply = multiplyWithAvx2;
      multiplyDoubles = multiplyDoublesWithAvx2;
      roundToHalf = roundToHalfWithAvx2;
    }
#endif
  }
};

const Variants variants;

} // namespace

void multiplyMatrices(const MatrixProduct &product) {
  assert(product.m <= MaxRows && product.k <= MaxDepth && product.m % 8 == 0 &&
         product.n % 8 == 0 && "the matrices fit");
  variants.multiply(product);
}

void multiplyDoubles(const double *a, const double *b, double *c, unsigned m,
                     unsigned n, unsigned k) {
  variants.multiplyDoubles(a, b, c, m, n, k);
}

void multiplyBits(const uint8_t *a, const uint8_t *b, int32_t *c, unsigned m,
                  unsigned n, unsigned bytes, bool isXor) {
  for (unsigned row = 0; row < m; ++row)
    for (unsigned column = 0; column < n; ++column)
      for (unsigned byte = 0; byte < bytes; byte += 8) {
        uint64_t left, right;
        std::memcpy(&left, a + row * bytes + byte, sizeof(left));
        std::memcpy(&right, b + column * bytes + byte, sizeof(right));
        c[row * n + column] +=
            __builtin_popcountll(isXor ? left ^ right : left & right);
      }
}

void addIntegers(const int32_t *c, const float *sums, int32_t *d,
                 unsigned count, bool isSaturating) {
  for (unsigned i = 0; i < count; ++i) {
    int64_t sum = int64_t(c[i]) + static_cast<int32_t>(sums[i]);
    if (isSaturating)
      sum = std::clamp<int64_t>(sum, std::numeric_limits<int32_t>::min(),
                                std::numeric_limits<int32_t>::max());
    d[i] = static_cast<int32_t>(sum);
  }
}

void roundToHalf(const float *from, uint16_t *to, unsigned count) {
  variants.roundToHalf(from, to, count);
}

void widenHalf(const uint16_t *from, float *to, unsigned count) {
  convertElements<false>(ptx::Type::F16,
                         reinterpret_cast<const uint8_t *>(from), to, count);
}

} // namespace weft::cusim
