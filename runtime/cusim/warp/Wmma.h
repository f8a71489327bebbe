//===- Wmma.h - wmma.load, wmma.mma, wmma.store -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// PTX leaves open which lane holds which element of a wmma fragment. Here,
// register w of lane l is word 32 w + l of the matrix in memory order: A by
// rows, B by columns, C and D by rows. Where PTX gives a fragment more
// registers than the matrix fills (A and B of f16), the matrix repeats. Of f64,
// register w of lane l is element 32 w + l.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_WMMA_H
#define RUNTIME_CUSIM_WARP_WMMA_H

#include "runtime/cusim/warp/Collective.h"

namespace weft::cusim {

/// The form of wmma.load, wmma.mma and wmma.store.
StatusOr<CollectiveForm> wmmaForm(const ptx::Instruction &instruction);

/// How a matrix lies in memory and in registers: the immediate of loads and
/// stores. `lines` lines of `lineElements` elements, in register order.
struct TransferImmediate {
  uint8_t elementBits;
  /// 32-bit words of the matrix for each lane, and of the fragment.
  uint8_t matrixWords, fragmentWords;
  uint8_t lines;
  uint8_t lineElements;
  /// Memory has the other order: element (line, i) is at i * stride + line.
  bool isTransposed;
  /// No stride operand: lines follow each other.
  bool isDense;

  uint64_t pack() const {
    return uint64_t(elementBits) | uint64_t(matrixWords) << 8 |
           uint64_t(fragmentWords) << 16 | uint64_t(lines) << 24 |
           uint64_t(lineElements) << 32 | uint64_t(isTransposed) << 40 |
           uint64_t(isDense) << 41;
  }
  static TransferImmediate unpack(uint64_t bits) {
    auto byte = [&](unsigned shift) {
      return static_cast<uint8_t>(bits >> shift);
    };
    return {byte(0),
            byte(8),
            byte(16),
            byte(24),
            byte(32),
            bool(bits >> 40 & 1),
            bool(bits >> 41 & 1)};
  }
};

extern "C" {
/// Operands: an address, the stride in elements; results: the fragment.
void cusim_wmma_load(const weft::cusim::Collective &call);
/// Operands: an address, the fragment, the stride.
void cusim_wmma_store(const weft::cusim::Collective &call);
/// Operands: the registers of A, B, C; immediate: a MultiplyImmediate (Mma.h).
void cusim_wmma_float(const weft::cusim::Collective &call);
void cusim_wmma_integer(const weft::cusim::Collective &call);
void cusim_wmma_bits(const weft::cusim::Collective &call);
void cusim_wmma_double(const weft::cusim::Collective &call);
} // extern "C"

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_WMMA_H
