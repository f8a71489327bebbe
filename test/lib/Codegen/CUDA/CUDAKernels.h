//===- CUDAKernels.h - Compiled kernels on a simulated GPU ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_CUDA_CUDAKERNELS_H
#define TEST_LIB_CODEGEN_CUDA_CUDAKERNELS_H

#include "lib/Codegen/CUDA/CodegenCUDA.h"
#include "runtime/cuda_api/Driver.h"
#include "test/lib/Codegen/Common/KernelRunner.h"

namespace weft {

/// A module on the first device of cusim, or of the machine where the
/// environment has WEFT_TEST_GPU.
class CUDAKernels final : public RunnableKernels {
public:
  explicit CUDAKernels(CompiledCUDAKernels compiled);
  ~CUDAKernels() override;
  /// Those of a runner.
  static CUDAKernels &of(const KernelRunner &runner) {
    return static_cast<CUDAKernels &>(runner.kernels());
  }

  const artifact::KernelTable &table() const override { return compiled.table; }
  uint32_t run(const artifact::Kernel &kernel,
               llvm::ArrayRef<LaunchBuffer> buffers,
               llvm::ArrayRef<int64_t> sizes, bool reverse) override;
  const std::string &ptx() const { return compiled.ptx; }
  /// The same kernels with other code.
  std::unique_ptr<CUDAKernels> withPTX(std::string ptx) const;

private:
  /// One of those that a source has.
  void launch(const artifact::Kernel &kernel, llvm::ArrayRef<int64_t> sizes,
              llvm::MutableArrayRef<void *> parameters);

  CompiledCUDAKernels compiled;
  cuda::CUmodule module = nullptr;
};

} // namespace weft

#endif // TEST_LIB_CODEGEN_CUDA_CUDAKERNELS_H
