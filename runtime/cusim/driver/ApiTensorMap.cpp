//===- ApiTensorMap.cpp - cuTensorMapEncodeTiled --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Driver.h"
#include "runtime/cusim/warp/TensorMap.h"

#include <cstring>

using namespace weft;
using namespace weft::cusim;

CUSIM_EXPORT cuTensorMapEncodeTiled(
    CUtensorMap *map, CUtensorMapDataType type, uint32_t rank, void *address,
    const uint64_t *dimensions, const uint64_t *strides, const uint32_t *box,
    const uint32_t *elementStrides, CUtensorMapInterleave interleave,
    CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion,
    CUtensorMapFloatOOBfill fill) {
  if (!map)
    return CUDA_ERROR_INVALID_VALUE;
  StatusOr<TensorMap> encoded = encodeTensorMap(
      {uint32_t(type), rank, reinterpret_cast<uint64_t>(address), dimensions,
       strides, box, elementStrides, uint32_t(interleave), uint32_t(swizzle),
       uint32_t(promotion), uint32_t(fill)});
  if (!encoded)
    return refuse(CUDA_ERROR_INVALID_VALUE, "cuTensorMapEncodeTiled",
                  encoded.message());
  static_assert(sizeof(CUtensorMap) == sizeof(TensorMap));
  std::memcpy(map, &*encoded, sizeof(*map));
  return CUDA_SUCCESS;
}
