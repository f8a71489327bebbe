//===- KernelCheck.h - Kernels against the evaluator ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_COMMON_KERNELCHECK_H
#define TEST_LIB_CODEGEN_COMMON_KERNELCHECK_H

#include "test/lib/Codegen/Common/KernelRunner.h"

namespace weft {

/// Fills tensors: floats in [low, high], integers in the same range.
void fill(std::vector<HostTensor> &tensors, double low, double high,
          unsigned seed);

struct Tolerance {
  double absolute = 1e-5, relative = 1e-5;
};

/// Compares a kernel with the evaluator on random inputs at each list of sizes,
/// forwards and item by item backwards. A NaN on one side only is a failure.
void expectEqual(KernelRunner &runner,
                 llvm::ArrayRef<std::vector<int64_t>> sizes, double low = -2,
                 double high = 2, Tolerance tolerance = {});
void expectClose(const HostTensor &actual, const HostTensor &expected,
                 Tolerance tolerance, const std::string &what);

} // namespace weft

#endif // TEST_LIB_CODEGEN_COMMON_KERNELCHECK_H
