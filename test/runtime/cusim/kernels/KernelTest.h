//===- KernelTest.h - Kernels of two compilers ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_KERNELS_KERNELTEST_H
#define TEST_RUNTIME_CUSIM_KERNELS_KERNELTEST_H

#include "test/runtime/cusim/driver/CudaTest.h"

#include <fstream>
#include <iterator>
#include <random>

namespace weft::cuda {

struct Sizes {
  unsigned x = 1, y = 1, z = 1;
};

/// Runs kernels of NAME.cu as nvcc or clang compiled it (the parameter).
class KernelTest : public CudaTest,
                   public testing::WithParamInterface<const char *> {
protected:
  CUmodule loadFile(const std::string &name) {
    std::ifstream file(std::string(CUSIM_KERNELS) + "/" + name + "." +
                       GetParam() + ".ptx");
    std::string text{std::istreambuf_iterator<char>(file), {}};
    CUmodule module = nullptr;
    EXPECT_OK(cuda().cuModuleLoadData(&module, text.c_str()));
    return module;
  }
  CUfunction find(CUmodule module, const char *kernel) {
    CUfunction function = nullptr;
    EXPECT_OK(cuda().cuModuleGetFunction(&function, module, kernel));
    return function;
  }
  CUfunction find(const std::string &file, const char *kernel) {
    return find(loadFile(file), kernel);
  }
  template <typename... Arguments>
  void run(CUfunction function, Sizes grid, Sizes block, unsigned sharedBytes,
           Arguments... arguments) {
    void *pointers[] = {&arguments..., nullptr};
    ASSERT_OK(cuda().cuLaunchKernel(function, grid.x, grid.y, grid.z, block.x,
                                    block.y, block.z, sharedBytes, nullptr,
                                    pointers, nullptr));
    ASSERT_OK(cuda().cuCtxSynchronize());
  }

  template <typename T>
  std::vector<T> integers(size_t count, int from, int to) {
    std::uniform_int_distribution<int> distribution(from, to);
    std::vector<T> values(count);
    for (T &value : values)
      value = T(distribution(random));
    return values;
  }
  /// Multiples of 1/64 in [-1, 1]: their sums are exact in f32.
  template <typename T> std::vector<T> fractions(size_t count) {
    std::uniform_int_distribution<int> distribution(-64, 64);
    std::vector<T> values(count);
    for (T &value : values)
      value = T(distribution(random) / 64.0f);
    return values;
  }

  std::mt19937 random{1};
};

} // namespace weft::cuda

#endif // TEST_RUNTIME_CUSIM_KERNELS_KERNELTEST_H
