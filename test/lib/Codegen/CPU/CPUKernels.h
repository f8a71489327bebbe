//===- CPUKernels.h - Compiled kernels on this machine ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_CPU_CPUKERNELS_H
#define TEST_LIB_CODEGEN_CPU_CPUKERNELS_H

#include "lib/Codegen/CPU/CodegenCPU.h"
#include "test/lib/Codegen/CPU/CPUKernels.h"
#include "test/lib/Codegen/Common/KernelRunner.h"

namespace weft {

/// Memory that ends before a page that nobody may touch.
class GuardedMemory {
public:
  explicit GuardedMemory(size_t bytes);
  GuardedMemory(GuardedMemory &&other);
  GuardedMemory &operator=(GuardedMemory &&) = delete;
  ~GuardedMemory();
  /// Starts as NaNs.
  char *bytes() const { return data; }
  float *floats() const { return reinterpret_cast<float *>(data); }

private:
  char *base = nullptr, *data = nullptr;
  size_t mapped = 0;
};

class CPUKernels final : public RunnableKernels {
public:
  CPUKernels(CompiledKernels compiled, LoadedKernels loaded)
      : compiled(std::move(compiled)), loaded(std::move(loaded)) {}
  /// Those of a runner.
  static CPUKernels &of(const KernelRunner &runner) {
    return static_cast<CPUKernels &>(runner.kernels());
  }

  const artifact::KernelTable &table() const override { return compiled.table; }
  uint32_t run(const artifact::Kernel &kernel,
               llvm::ArrayRef<LaunchBuffer> buffers,
               llvm::ArrayRef<int64_t> sizes, bool reverse) override;

  WeftKernel function(const artifact::Kernel &kernel) const {
    return loaded.find(kernel.name());
  }
  const std::string &sharedObject() const { return compiled.sharedObject; }

private:
  CompiledKernels compiled;
  LoadedKernels loaded;
};

/// Whether this machine has what `arch` needs.
bool canRun(llvm::StringRef arch);

} // namespace weft

#endif // TEST_LIB_CODEGEN_CPU_CPUKERNELS_H
