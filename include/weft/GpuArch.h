//===- GpuArch.h - What GPUs have and reach ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef WEFT_GPUARCH_H
#define WEFT_GPUARCH_H

#include <cstdint>
#include <string_view>

namespace weft {

/// An arch that kernels are compiled for, and a large GPU of it. Limits are
/// those of a multiprocessor, from the CUDA C++ Programming Guide's table of
/// technical specifications; rates are peaks a second from the GPU's data
/// sheet: products dense, of f16 with sums in f32; links in one direction.
struct GpuArch {
  unsigned arch; ///< 80: sm_80.
  std::string_view gpu;
  int64_t multiprocessors, registers, sharedBytes, warps;
  double memoryBytes, halfFlops, floatFlops, linkBytes;
};

inline constexpr GpuArch gpuArchs[] = {
    // A100 80GB SXM, A40, L40S, H100 SXM, B200 and RTX 5090; links are NVLink,
    // or PCI Express where there is none.
    {80, "a100", 108, 65536, 164 * 1024, 64, 2.039e12, 312e12, 19.5e12, 300e9},
    {86, "a40", 84, 65536, 100 * 1024, 48, 696e9, 149.7e12, 37.4e12, 56.25e9},
    {89, "l40s", 142, 65536, 100 * 1024, 48, 864e9, 362e12, 91.6e12, 32e9},
    {90, "h100", 132, 65536, 228 * 1024, 64, 3.35e12, 989e12, 67e12, 450e9},
    {100, "b200", 148, 65536, 228 * 1024, 64, 8.0e12, 2250e12, 75e12, 900e9},
    {120, "rtx5090", 170, 65536, 100 * 1024, 48, 1.792e12, 209.5e12, 104.8e12,
     64e9},
};

} // namespace weft

#endif // WEFT_GPUARCH_H
