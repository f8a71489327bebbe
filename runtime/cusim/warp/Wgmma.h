//===- Wgmma.h - wgmma.mma_async --------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each of a warpgroup's four warps computes 16 rows of the 64, from its own
// registers or from shared memory by matrix descriptors (PTX ISA 9.0,
// "Asynchronous wgmma instructions"). The product is made when the instruction
// runs. What it read of shared memory is kept until wgmma.wait_group, which
// looks whether it is still there; and compiled code asks before it reads sums
// that may not have been waited for (emit/EarlyReads.h). wgmma.fence has no
// effect.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_WGMMA_H
#define RUNTIME_CUSIM_WARP_WGMMA_H

#include "runtime/cusim/machine/Async.h"
#include "runtime/cusim/warp/Collective.h"

namespace weft::cusim {

struct WgmmaImmediate {
  ptx::Type aType, bType, dType;
  /// Of 8 columns each.
  uint8_t columnTiles;
  bool isInRegisters = false;
  /// imm-scale-a times imm-scale-b is -1.
  bool negates = false;
  /// The matrices lie by columns (A) or by rows (B): "MN-major".
  bool aTransposed = false, bTransposed = false;
  bool isSaturating = false;
  /// The first register of D, below 2^24.
  uint32_t accumulators = 0;

  uint64_t pack() const {
    return uint64_t(aType) | uint64_t(bType) << 8 | uint64_t(dType) << 16 |
           uint64_t(columnTiles) << 24 | uint64_t(isInRegisters) << 32 |
           uint64_t(negates) << 33 | uint64_t(aTransposed) << 34 |
           uint64_t(bTransposed) << 35 | uint64_t(isSaturating) << 36 |
           uint64_t(accumulators) << 40;
  }
  static WgmmaImmediate unpack(uint64_t bits) {
    auto type = [&](unsigned shift) {
      return static_cast<ptx::Type>(bits >> shift & 0xff);
    };
    auto flag = [&](unsigned bit) { return bool(bits >> bit & 1); };
    return {type(0),  type(8),
            type(16), static_cast<uint8_t>(bits >> 24),
            flag(32), flag(33),
            flag(34), flag(35),
            flag(36), static_cast<uint32_t>(bits >> 40)};
  }
};

/// What a matrix descriptor says (PTX ISA 9.0, "Matrix Descriptor Format").
/// All in bytes.
struct MatrixDescriptor {
  uint32_t start, leadingOffset, strideOffset;
  uint32_t baseOffset;
  /// 16 (no swizzle), 32, 64 or 128.
  uint32_t swizzleBytes;

  static MatrixDescriptor decode(uint64_t bits);

  /// Where a 16-byte piece lies in shared memory: `piece` (0 or 1, along k) of
  /// row `row`, of a matrix that is contiguous along k.
  uint32_t addressAlongK(unsigned row, unsigned piece) const;
  /// Of a transposed matrix: piece `piece` of 8 rows, in column k.
  uint32_t addressAcrossK(unsigned piece, unsigned k) const;

private:
  uint32_t swizzle(uint32_t address) const;
};

/// The bytes of shared memory that a product of the warp reads, A's first.
std::vector<uint8_t> readMatrices(const Collective &call,
                                  const PendingProduct &product);

/// The form of wgmma.mma_async.
StatusOr<CollectiveForm> wgmmaForm(const ptx::Instruction &instruction);
/// That of wgmma.commit_group and .wait_group.
StatusOr<CollectiveForm> wgmmaGroupForm(const ptx::Instruction &instruction);

extern "C" {
/// Operands: D, then A (4 registers, or a descriptor of two words), the
/// descriptor of B, scale-d. Results: D. immediate: a WgmmaImmediate.
void cusim_wgmma(const weft::cusim::Collective &call);
void cusim_wgmma_commit(const weft::cusim::Collective &call);
/// immediate: how many groups may stay pending.
void cusim_wgmma_wait(const weft::cusim::Collective &call);
} // extern "C"

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_WGMMA_H
