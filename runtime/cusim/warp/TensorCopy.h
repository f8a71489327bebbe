//===- TensorCopy.h - cp.async.bulk.tensor ----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Boxes of a tensor, between global and shared memory (PTX ISA 9.0, "Tensors").
// In shared memory the box is dense, its innermost dimension first; the 16-byte
// pieces of each 128 bytes change places as the swizzle says.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_TENSORCOPY_H
#define RUNTIME_CUSIM_WARP_TENSORCOPY_H

#include "runtime/cusim/warp/Collective.h"

namespace weft::cusim {

/// immediate of the two functions.
struct TensorImmediate {
  uint8_t rank = 1;
  bool isMulticast = false;
  bool reduces = false;
  /// An AtomicOperation, where `reduces`.
  uint8_t reduction = 0;

  uint64_t pack() const {
    return uint64_t(rank) | uint64_t(isMulticast) << 8 |
           uint64_t(reduces) << 9 | uint64_t(reduction) << 16;
  }
  static TensorImmediate unpack(uint64_t bits) {
    return {static_cast<uint8_t>(bits & 0xff), bool(bits >> 8 & 1),
            bool(bits >> 9 & 1), static_cast<uint8_t>(bits >> 16)};
  }
};

/// The form of cp.async.bulk.tensor and cp.reduce.async.bulk.tensor.
StatusOr<CollectiveForm> tensorCopyForm(const ptx::Instruction &instruction);

extern "C" {
/// To shared memory. Operands: destination, the map and the coordinates, the
/// mbarrier, the mask of blocks.
void cusim_tensor_load(const weft::cusim::Collective &call);
/// To global memory. Operands: the map and the coordinates, the source.
void cusim_tensor_store(const weft::cusim::Collective &call);
} // extern "C"

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_TENSORCOPY_H
