//===- CudaTest.h - Tests through the exported driver -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_DRIVER_CUDATEST_H
#define TEST_RUNTIME_CUSIM_DRIVER_CUDATEST_H

#include "runtime/cuda_api/Driver.h"

#include <cstdint>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace weft::cuda {

/// The library as a program sees it: opened by its path, nothing else linked.
inline const DriverFunctions &cuda() {
  static const DriverFunctions functions = [] {
    DriverFunctions loaded;
    void *library = dlopen(CUSIM_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    EXPECT_TRUE(library) << dlerror();
#define WEFT_CUDA(NAME, PARAMETERS)                                            \
  loaded.NAME =                                                                \
      reinterpret_cast<decltype(loaded.NAME)>(dlsym(library, #NAME));          \
  EXPECT_TRUE(loaded.NAME) << #NAME;
#include "runtime/cuda_api/DriverFunctions.def"
#undef WEFT_CUDA
    return loaded;
  }();
  return functions;
}

#define EXPECT_OK(CALL) EXPECT_EQ(CALL, CUDA_SUCCESS)
#define ASSERT_OK(CALL) ASSERT_EQ(CALL, CUDA_SUCCESS)

/// Two devices, each with its primary context; that of the first is current.
class CudaTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_OK(cuda().cuInit(0));
    for (int device : {0, 1})
      ASSERT_OK(cuda().cuDevicePrimaryCtxRetain(&contexts[device], device));
    ASSERT_OK(cuda().cuCtxSetCurrent(contexts[0]));
  }
  void TearDown() override {
    for (int device : {0, 1})
      EXPECT_OK(cuda().cuDevicePrimaryCtxRelease_v2(device));
    EXPECT_OK(cuda().cuCtxSetCurrent(nullptr));
  }

  CUfunction load(const std::string &ptx, const char *kernel) {
    CUmodule module = nullptr;
    CUfunction function = nullptr;
    EXPECT_OK(cuda().cuModuleLoadData(&module, ptx.c_str()));
    EXPECT_OK(cuda().cuModuleGetFunction(&function, module, kernel));
    return function;
  }
  CUdeviceptr allocate(size_t bytes) {
    CUdeviceptr address = 0;
    EXPECT_OK(cuda().cuMemAlloc_v2(&address, bytes));
    return address;
  }
  template <typename T> CUdeviceptr upload(const std::vector<T> &values) {
    CUdeviceptr address = allocate(values.size() * sizeof(T));
    EXPECT_OK(cuda().cuMemcpyHtoD_v2(address, values.data(),
                                     values.size() * sizeof(T)));
    return address;
  }
  template <typename T>
  std::vector<T> download(CUdeviceptr address, size_t count) {
    std::vector<T> values(count);
    EXPECT_OK(
        cuda().cuMemcpyDtoH_v2(values.data(), address, count * sizeof(T)));
    return values;
  }
  template <typename... Arguments>
  static CUresult launch(CUfunction function, unsigned blocks, unsigned threads,
                         CUstream stream, Arguments... arguments) {
    void *pointers[] = {&arguments..., nullptr};
    return cuda().cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, 0,
                                 stream, pointers, nullptr);
  }

  CUcontext contexts[2] = {};
};

/// A module for sm_80 around the text of its functions.
inline std::string module(const std::string &functions) {
  return ".version 7.0\n.target sm_80\n.address_size 64\n" + functions;
}

/// scale(data, count, factor): data[i] = data[i] * factor + 1, in u32.
inline const std::string scaleKernel = module(R"(
.visible .entry scale(.param .u64 data, .param .u32 count, .param .u32 factor)
{
  .reg .pred %p<2>;
  .reg .b32 %r<8>;
  .reg .b64 %rd<4>;
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %ntid.x;
  mov.u32 %r3, %tid.x;
  mad.lo.s32 %r4, %r1, %r2, %r3;
  ld.param.u32 %r5, [count];
  setp.ge.u32 %p1, %r4, %r5;
  @%p1 bra DONE;
  ld.param.u64 %rd1, [data];
  mul.wide.u32 %rd2, %r4, 4;
  add.s64 %rd3, %rd1, %rd2;
  ld.global.u32 %r6, [%rd3];
  ld.param.u32 %r7, [factor];
  mad.lo.u32 %r6, %r6, %r7, 1;
  st.global.u32 [%rd3], %r6;
DONE:
  ret;
}
)");

} // namespace weft::cuda

#endif // TEST_RUNTIME_CUSIM_DRIVER_CUDATEST_H
