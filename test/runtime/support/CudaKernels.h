//===- CudaKernels.h - The tests' kernels as PTX ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_SUPPORT_CUDAKERNELS_H
#define TEST_RUNTIME_SUPPORT_CUDAKERNELS_H

#include "weft/artifact.pb.h"

#include <string>

namespace weft::test {

/// The kernels of Kernels.c for GPUs, under the same numbers, and 5 shared: a
/// block reverses its s0 elements of i64 through dynamic shared memory.
artifact::KernelTable cudaKernelTable();

/// A PTX module for sm_80 with these kernels, and `table` inside.
std::string cudaModule(const artifact::KernelTable &table);

/// The same with the kernels that `code` holds, as PTX behind the version.
std::string cudaModule(const artifact::KernelTable &table,
                       const std::string &code);

} // namespace weft::test

#endif // TEST_RUNTIME_SUPPORT_CUDAKERNELS_H
