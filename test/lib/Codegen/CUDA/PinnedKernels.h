//===- PinnedKernels.h - Kernels whose registers are held -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_CUDA_PINNEDKERNELS_H
#define TEST_LIB_CODEGEN_CUDA_PINNEDKERNELS_H

#include <string>
#include <vector>

namespace weft {

/// A function `name`, and what it may take at most on any arch.
struct PinnedKernel {
  std::string what, name, text;
  int mostRegisters, mostSharedBytes;
};

std::vector<PinnedKernel> pinnedKernels();

} // namespace weft

#endif // TEST_LIB_CODEGEN_CUDA_PINNEDKERNELS_H
