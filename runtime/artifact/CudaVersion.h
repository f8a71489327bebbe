//===- CudaVersion.h - Versions of CUDA as people write them ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_ARTIFACT_CUDAVERSION_H
#define RUNTIME_ARTIFACT_CUDAVERSION_H

#include <cstdint>
#include <string>

namespace weft {

/// "12.4" of 12040, as cuDriverGetVersion and Stage.driver_version count.
inline std::string cudaVersion(uint32_t version) {
  return std::to_string(version / 1000) + "." +
         std::to_string(version % 1000 / 10);
}

} // namespace weft

#endif // RUNTIME_ARTIFACT_CUDAVERSION_H
