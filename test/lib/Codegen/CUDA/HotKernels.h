//===- HotKernels.h - Kernels that a model's time goes into -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_CUDA_HOTKERNELS_H
#define TEST_LIB_CODEGEN_CUDA_HOTKERNELS_H

#include "test/lib/Codegen/Common/KernelRunner.h"

#include <functional>

namespace weft {

/// A kernel at an aligned size, whose greatest tensor has 1 MiB or more.
struct HotKernel {
  std::string name;
  /// A function of that name.
  std::string text;
  std::vector<int64_t> sizes;
  /// Bytes that the tiles of its blocks have together, each read once by each
  /// block, and those of the result.
  int64_t loads, stores;
  /// Zeros, where there is none.
  std::function<std::vector<HostTensor>(KernelRunner &)> arguments = nullptr;
  /// Looked at in every tier, not only in the nightly one.
  bool isQuick = false;
};

std::vector<HotKernel> hotKernels();

} // namespace weft

#endif // TEST_LIB_CODEGEN_CUDA_HOTKERNELS_H
