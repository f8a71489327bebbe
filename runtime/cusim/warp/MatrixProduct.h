//===- MatrixProduct.h - Products of small matrices -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The arithmetic of mma, wmma and wgmma, on matrices in memory. Each element of
// the result is, for k ascending, accumulator = fma(a[k], b[k], accumulator) in
// f32: products are exact, each sum is rounded to nearest even. PTX leaves the
// order and the precision of the sums open; GPUs differ in the last bits.
// Subnormals are kept. tf32 operands lose their 13 low bits, as on hardware.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_MATRIXPRODUCT_H
#define RUNTIME_CUSIM_WARP_MATRIXPRODUCT_H

#include "runtime/cusim/ptx/Vocabulary.h"

#include <cstdint>

namespace weft::cusim {

/// c[m][n] += a[m][k] * b[n][k], where a and b are packed bytes, row by row,
/// and rows are multiples of 16 bytes.
struct MatrixProduct {
  /// F16, BF16, TF32, E4M3, E5M2, S8, U8, S4 or U4.
  ptx::Type aType, bType;
  const uint8_t *a;
  const uint8_t *b;
  /// m and n are multiples of 8, at most 64 and 256; k is at most 64.
  unsigned m, n, k;
  /// [m][n]. For integer types the sums are exact: every one that occurs fits
  /// in 24 bits.
  float *c;
  /// Subtracts the products instead.
  bool negates = false;
};
void multiplyMatrices(const MatrixProduct &product);

/// c[m][n] += a[m][k] * b[n][k] in double, by fma, k ascending.
void multiplyDoubles(const double *a, const double *b, double *c, unsigned m,
                     unsigned n, unsigned k);

/// c[m][n] += popcount(a[m] op b[n]) over `bytes` bytes a row; op: xor or and.
void multiplyBits(const uint8_t *a, const uint8_t *b, int32_t *c, unsigned m,
                  unsigned n, unsigned bytes, bool isXor);

/// c[i] + sums[i], which hold integers: wrapped around, or clamped to 32 bits.
void addIntegers(const int32_t *c, const float *sums, int32_t *d,
                 unsigned count, bool isSaturating);

/// f32 to f16, to nearest even. `count` is a multiple of 8.
void roundToHalf(const float *from, uint16_t *to, unsigned count);
void widenHalf(const uint16_t *from, float *to, unsigned count);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_MATRIXPRODUCT_H
