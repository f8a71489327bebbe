//===- CUDATarget.cpp - What --arch names ---------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/CodegenCUDA.h"

#include "weft/GpuArch.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {

PTXVersion CUDATarget::ptxVersion() const {
  if (leastArch() >= 120)
    return {"+ptx87", 12080};
  if (leastArch() >= 100)
    return {"+ptx86", 12070};
  return {"+ptx80", 12000};
}

FailureOr<CUDATarget> resolveCUDATarget(StringRef arch, Location location) {
  CUDATarget target;
  SmallVector<StringRef> names;
  arch.split(names, ',');
  for (StringRef name : names) {
    unsigned number = 0;
    StringRef digits = name.trim();
    if (!digits.consume_front("sm_") || digits.getAsInteger(10, number) ||
        llvm::none_of(gpuArchs,
                      [&](const GpuArch &gpu) { return gpu.arch == number; })) {
      auto error = emitError(location)
                   << "arch '" << name << "' is unknown; expected sm_"
                   << std::begin(gpuArchs)->arch;
      for (const GpuArch &gpu : llvm::drop_begin(gpuArchs))
        error << (&gpu == std::end(gpuArchs) - 1 ? " or sm_" : ", sm_")
              << gpu.arch;
      return error << ", or several of them with commas between";
    }
    target.archs.push_back(number);
  }
  llvm::sort(target.archs);
  target.archs.erase(llvm::unique(target.archs), target.archs.end());
  return target;
}

} // namespace weft
