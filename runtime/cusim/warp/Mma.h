//===- Mma.h - mma.sync -----------------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The fragments of mma.sync (PTX ISA 9.0, "Matrix Fragments for mma") follow
// one rule for all shapes and types. Lane 4 g + t holds, in a register of E
// elements (one b32, or one f64):
//
//   A, register w: row g + 8 (w mod m/8), columns 4 E (w / (m/8)) + t E +
//   0..E-1 B, register w: column g, rows 4 E w + t E + 0..E-1 C of 32 and 64
//   bits, register w: row g + 8 (w / 2), column 2 t + w mod 2 C of f16,
//   register w: row g + 8 w, columns 2 t and 2 t + 1
//
// So the 16 bytes of four neighbouring lanes are 16 consecutive bytes of a row
// of A, of B transposed, or of a C of f16: a fragment becomes a matrix by
// moving 16 bytes at a time.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_MMA_H
#define RUNTIME_CUSIM_WARP_MMA_H

#include "runtime/cusim/warp/Collective.h"

namespace weft::cusim {

/// Of f64, where PTX lets it choose; f32 sums are always Nearest.
enum class Rounding : uint8_t { Nearest, Zero, Down, Up };

/// What an mma or wmma.mma multiplies: its immediate.
struct MultiplyImmediate {
  ptx::Type aType, bType, cType, dType;
  uint8_t m, n;
  uint16_t k;
  /// .satfinite: integers are clamped to 32 bits; an infinity of wmma.mma
  /// becomes the largest finite value.
  bool isSaturating = false;
  /// .xor.popc instead of .and.popc, of b1.
  bool isXor = false;
  Rounding rounding = Rounding::Nearest;

  uint64_t pack() const {
    return uint64_t(aType) | uint64_t(bType) << 8 | uint64_t(cType) << 16 |
           uint64_t(dType) << 24 | uint64_t(m) << 32 | uint64_t(n) << 40 |
           uint64_t(k) << 48 | uint64_t(rounding) << 60 |
           uint64_t(isSaturating) << 62 | uint64_t(isXor) << 63;
  }
  static MultiplyImmediate unpack(uint64_t bits) {
    auto type = [&](unsigned shift) {
      return static_cast<ptx::Type>(bits >> shift & 0xff);
    };
    return {type(0),
            type(8),
            type(16),
            type(24),
            static_cast<uint8_t>(bits >> 32),
            static_cast<uint8_t>(bits >> 40),
            static_cast<uint16_t>(bits >> 48 & 0xfff),
            bool(bits >> 62 & 1),
            bool(bits >> 63),
            static_cast<Rounding>(bits >> 60 & 3)};
  }
};

/// Of an instruction with a shape.
MultiplyImmediate multiplyImmediate(const ptx::Instruction &instruction,
                                    ptx::Type dType, ptx::Type aType,
                                    ptx::Type bType, ptx::Type cType);
/// .xor.popc or .and.popc go with b1, and with it only.
Status checkBitOperation(const ptx::Instruction &instruction, bool isBit);

/// d = a b + c of f64, under a rounding.
void multiplyDoublesRounded(const double *a, const double *b, double *c,
                            const MultiplyImmediate &how);

/// The form of mma.sync; an error for mma.sp.
StatusOr<CollectiveForm> mmaForm(const ptx::Instruction &instruction);

extern "C" {
/// Operands: the registers of A, B, C; results: those of D. immediate: a
/// MultiplyImmediate. One function for each kind of accumulator.
void cusim_mma_float(const weft::cusim::Collective &call);
void cusim_mma_integer(const weft::cusim::Collective &call);
void cusim_mma_bits(const weft::cusim::Collective &call);
void cusim_mma_double(const weft::cusim::Collective &call);
} // extern "C"

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_MMA_H
