//===- PartialKernel.h - Code for warps with fewer lanes --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_JIT_PARTIALKERNEL_H
#define RUNTIME_CUSIM_JIT_PARTIALKERNEL_H

#include "runtime/cusim/machine/Strand.h"

#include <functional>
#include <mutex>

namespace weft::cusim {

/// The partial variant of a kernel (emit/KernelModule.h), compiled when it is
/// first asked for.
class PartialKernel {
public:
  /// `compile` gives null when that fails.
  explicit PartialKernel(std::function<KernelFunction()> compile)
      : compile(std::move(compile)) {}
  KernelFunction get();

private:
  std::function<KernelFunction()> compile;
  std::once_flag once;
  KernelFunction function = nullptr;
};

extern "C" KernelFunction cusim_partial_kernel(PartialKernel *partial);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_JIT_PARTIALKERNEL_H
