//===- TensorMap.h - The simulator's CUtensorMap ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The driver's cuTensorMapEncodeTiled fills 128 opaque bytes, which
// cp.async.bulk.tensor reads. NVIDIA's encoding is not public; this is ours.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_TENSORMAP_H
#define RUNTIME_CUSIM_WARP_TENSORMAP_H

#include "runtime/cusim/ptx/Vocabulary.h"
#include "weft/Status.h"

#include <cstdint>

namespace weft::cusim {

/// What cuTensorMapEncodeTiled is given; enums are the driver's numbers.
struct TensorMapArguments {
  /// CUtensorMapDataType.
  uint32_t dataType = 0;
  uint32_t rank = 0;
  /// A device pointer.
  uint64_t globalAddress = 0;
  /// [rank] in elements, the innermost dimension first.
  const uint64_t *globalDim = nullptr;
  /// [rank - 1] in bytes, of dimension 1 on.
  const uint64_t *globalStrides = nullptr;
  const uint32_t *boxDim = nullptr;
  const uint32_t *elementStrides = nullptr;
  /// CUtensorMapInterleave, Swizzle, L2promotion, FloatOOBfill.
  uint32_t interleave = 0;
  uint32_t swizzle = 0;
  uint32_t l2Promotion = 0;
  uint32_t oobFill = 0;
};

struct alignas(64) TensorMap {
  static constexpr unsigned MaxRank = 5;
  static constexpr uint32_t Mark = 0x70616d74;

  /// Tells a map from other bytes.
  uint32_t mark;
  uint8_t dataType;
  uint8_t rank;
  /// 16 (none), 32, 64 or 128.
  uint8_t swizzleBytes;
  /// Elements outside of the tensor: NaN, or 0.
  uint8_t fillsNaN;
  uint64_t globalAddress;
  uint64_t sizes[MaxRank];
  /// In bytes, from dimension 1 on.
  uint64_t strides[MaxRank - 1];
  uint16_t box[MaxRank];
  uint8_t elementStrides[MaxRank];
  uint8_t unused[17];

  unsigned elementBytes() const;
  /// The type that cp.reduce adds in.
  ptx::Type elementType() const;
  /// Elements that a box has in a dimension.
  unsigned boxElements(unsigned dimension) const;
  /// Of the box in shared memory.
  uint32_t boxBytes() const;
};
static_assert(sizeof(TensorMap) == 128);

/// The checks of cuTensorMapEncodeTiled (CUDA driver API, "Tensor Map Object
/// Management"), and the map. Interleaved layouts are not supported.
StatusOr<TensorMap> encodeTensorMap(const TensorMapArguments &arguments);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_TENSORMAP_H
