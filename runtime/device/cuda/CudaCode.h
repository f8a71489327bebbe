//===- CudaCode.h - A CUDA stage's kernels, loaded --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CUDA_CUDACODE_H
#define RUNTIME_DEVICE_CUDA_CUDACODE_H

#include "runtime/device/Code.h"
#include "runtime/device/cuda/Context.h"

#include <vector>

namespace weft {

class Artifact;

/// The kernels of a stage's module on one device.
class CudaCode final : public Code {
public:
  struct Kernel {
    cuda::CUfunction function = nullptr;
    std::string name;
    size_t buffers = 0, sizes = 0; // how many it takes
    uint64_t staticShared = 0;
    unsigned mostThreads = 0; // of a block
  };

  /// Loads the cubin for the device's architecture, or else the PTX. Fails when
  /// the driver takes neither, or the kernel table inside differs from the
  /// manifest's.
  static StatusOr<std::unique_ptr<CudaCode>>
  load(std::shared_ptr<cuda::Context> context, const Artifact &artifact,
       uint32_t stage);
  ~CudaCode() override;

  size_t kernelCount() const override { return kernels.size(); }
  const Kernel &kernel(uint32_t index) const { return kernels[index]; }

private:
  explicit CudaCode(std::shared_ptr<cuda::Context> context)
      : context(std::move(context)) {}

  Status loadModule(const Artifact &artifact, uint32_t stage);
  Status checkTable(const Artifact &artifact, uint32_t stage);
  Status findKernels(const Artifact &artifact, uint32_t stage);

  std::shared_ptr<cuda::Context> context;
  cuda::CUmodule module = nullptr;
  std::string file; // that was loaded
  std::vector<Kernel> kernels;
};

} // namespace weft

#endif // RUNTIME_DEVICE_CUDA_CUDACODE_H
