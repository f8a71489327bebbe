//===- LaunchTest.cpp - Modules, launches and faults ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/driver/CudaTest.h"

using namespace weft::cuda;
using testing::Each;
using testing::HasSubstr;

namespace {
class LaunchTest : public CudaTest {
protected:
  /// What a call prints on stderr.
  template <typename Call> static std::string errorsOf(Call call) {
    testing::internal::CaptureStderr();
    call();
    return testing::internal::GetCapturedStderr();
  }
};

/// write(data, index): data[index] = 1 from thread 3 of block 2.
const std::string writeKernel = module(R"(
.visible .entry write(.param .u64 data, .param .u64 index)
{
  .reg .pred %p<3>;
  .reg .b32 %r<4>;
  .reg .b64 %rd<5>;
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %tid.x;
  setp.ne.u32 %p1, %r1, 2;
  setp.ne.or.u32 %p2, %r2, 3, %p1;
  @%p2 bra DONE;
  ld.param.u64 %rd1, [data];
  ld.param.u64 %rd2, [index];
  shl.b64 %rd3, %rd2, 2;
  add.s64 %rd4, %rd1, %rd3;
  mov.u32 %r3, 1;
  st.global.u32 [%rd4], %r3;
DONE:
  ret;
}
)");

/// shared(data): dynamic shared memory is there up to its last byte.
const std::string sharedKernel = module(R"(
.extern .shared .align 16 .b8 buffer[];
.visible .entry shared(.param .u64 data)
{
  .reg .b32 %r<4>;
  .reg .b64 %rd<2>;
  mov.u32 %r1, buffer;
  mov.u32 %r2, %dynamic_smem_size;
  add.u32 %r1, %r1, %r2;
  st.shared.u32 [%r1+-4], %r2;
  ld.shared.u32 %r3, [%r1+-4];
  ld.param.u64 %rd1, [data];
  st.global.u32 [%rd1], %r3;
  ret;
}
)");
} // namespace

TEST_F(LaunchTest, ArgumentsMayComeInOneBuffer) {
  CUfunction scale = load(scaleKernel, "scale");
  struct {
    CUdeviceptr data;
    uint32_t count, factor;
  } arguments = {upload(std::vector<uint32_t>(64, 1)), 64, 9};
  size_t bytes = sizeof(arguments);
  void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &arguments,
                   CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_END};
  ASSERT_OK(cuda().cuLaunchKernel(scale, 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr,
                                  extra));
  EXPECT_THAT(download<uint32_t>(arguments.data, 64), Each(10u));
}

TEST_F(LaunchTest, LimitsAreThoseOfTheDevice) {
  CUfunction scale = load(scaleKernel, "scale");
  CUdeviceptr data = allocate(40);
  EXPECT_THAT(errorsOf([&] {
                EXPECT_EQ(launch(scale, 1, 1025, nullptr, data, 10u, 1u),
                          CUDA_ERROR_INVALID_VALUE);
              }),
              HasSubstr("1025"));
  EXPECT_EQ(launch(scale, 0, 32, nullptr, data, 10u, 1u),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuda().cuLaunchKernel(scale, 1, 65536, 1, 32, 1, 1, 0, nullptr,
                                  nullptr, nullptr),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(LaunchTest, MuchSharedMemoryIsAskedForFirst) {
  CUfunction shared = load(sharedKernel, "shared");
  CUdeviceptr data = allocate(4);
  void *arguments[] = {&data};
  auto run = [&](unsigned bytes) {
    return cuda().cuLaunchKernel(shared, 1, 1, 1, 1, 1, 1, bytes, nullptr,
                                 arguments, nullptr);
  };
  EXPECT_OK(run(48 << 10));
  EXPECT_THAT(errorsOf([&] {
                EXPECT_EQ(run((48 << 10) + 4), CUDA_ERROR_INVALID_VALUE);
              }),
              HasSubstr("CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES"));
  EXPECT_EQ(
      cuda().cuFuncSetAttribute(
          shared, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 164 << 10),
      CUDA_ERROR_INVALID_VALUE);
  EXPECT_OK(cuda().cuFuncSetAttribute(
      shared, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 163 << 10));
  EXPECT_OK(run(163 << 10));
  EXPECT_THAT(download<int>(data, 1), Each(163 << 10));
}

TEST_F(LaunchTest, FaultsAreStickyAndLate) {
  CUcontext own;
  ASSERT_OK(cuda().cuCtxCreate_v2(&own, 0, 0));
  CUfunction write = load(writeKernel, "write");
  CUdeviceptr data = allocate(100 * 4);
  EXPECT_OK(launch(write, 4, 32, nullptr, data, uint64_t(99)));
  EXPECT_OK(cuda().cuCtxSynchronize());
  std::string report = errorsOf([&] {
    EXPECT_OK(launch(write, 4, 32, nullptr, data, uint64_t(100)));
    EXPECT_EQ(cuda().cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
  });
  // As compute-sanitizer says it.
  EXPECT_THAT(report, HasSubstr("Invalid __global__ write of size 4 bytes"));
  EXPECT_THAT(report, HasSubstr("write"));
  EXPECT_THAT(report, HasSubstr("line 20"));
  EXPECT_THAT(report, HasSubstr("thread (3,0,0) in block (2,0,0)"));
  CUdeviceptr other;
  EXPECT_EQ(cuda().cuMemAlloc_v2(&other, 4), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_EQ(launch(write, 4, 32, nullptr, data, uint64_t(0)),
            CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_OK(cuda().cuCtxDestroy_v2(own));
  // The other contexts of the device go on.
  ASSERT_OK(cuda().cuCtxSetCurrent(contexts[0]));
  EXPECT_OK(cuda().cuMemFree_v2(allocate(4)));
}

TEST_F(LaunchTest, KernelsUseAPeersMemoryOnceAllowed) {
  CUfunction scale = load(scaleKernel, "scale");
  ASSERT_OK(cuda().cuCtxSetCurrent(contexts[1]));
  CUdeviceptr remote = upload(std::vector<uint32_t>(10, 1));
  ASSERT_OK(cuda().cuCtxSetCurrent(contexts[0]));
  int can = 0;
  EXPECT_OK(cuda().cuDeviceCanAccessPeer(&can, 0, 1));
  EXPECT_TRUE(can);
  ASSERT_OK(cuda().cuCtxEnablePeerAccess(contexts[1], 0));
  EXPECT_EQ(cuda().cuCtxEnablePeerAccess(contexts[1], 0),
            CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED);
  ASSERT_OK(launch(scale, 1, 32, nullptr, remote, 10u, 6u));
  ASSERT_OK(cuda().cuCtxSynchronize());
  EXPECT_THAT(download<uint32_t>(remote, 10), Each(7u));
  ASSERT_OK(cuda().cuCtxDisablePeerAccess(contexts[1]));
  CUcontext own;
  ASSERT_OK(cuda().cuCtxCreate_v2(&own, 0, 0));
  CUfunction inOwn = load(scaleKernel, "scale");
  EXPECT_THAT(errorsOf([&] {
                EXPECT_OK(launch(inOwn, 1, 32, nullptr, remote, 10u, 6u));
                EXPECT_EQ(cuda().cuCtxSynchronize(),
                          CUDA_ERROR_ILLEGAL_ADDRESS);
              }),
              HasSubstr("cuCtxEnablePeerAccess"));
  EXPECT_OK(cuda().cuCtxDestroy_v2(own));
}

TEST_F(LaunchTest, WrongModulesSayWhy) {
  char log[500] = "";
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER,
                            CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log))};
  CUmodule module;
  auto loadText = [&](const std::string &ptx) {
    values[1] = reinterpret_cast<void *>(sizeof(log));
    return cuda().cuModuleLoadDataEx(&module, ptx.c_str(), 2, options, values);
  };
  std::string wrong = scaleKernel;
  wrong.replace(wrong.find("mad.lo.s32"), 10, "mad.lo.x32");
  EXPECT_EQ(loadText(wrong), CUDA_ERROR_INVALID_PTX);
  EXPECT_THAT(std::string(log), HasSubstr("line 13"));
  EXPECT_EQ(loadText(".version 8.0\n.target sm_90\n.address_size 64\n"),
            CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_THAT(std::string(log), HasSubstr("sm_90"));
  EXPECT_EQ(loadText("\x7f"
                     "ELF and so on"),
            CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(loadText(""), CUDA_ERROR_INVALID_PTX);
  EXPECT_OK(loadText(scaleKernel));
  EXPECT_EQ(values[1], nullptr) << "bytes of the log";
  CUfunction function;
  EXPECT_EQ(cuda().cuModuleGetFunction(&function, module, "scales"),
            CUDA_ERROR_NOT_FOUND);
  EXPECT_OK(cuda().cuModuleUnload(module));
  EXPECT_EQ(cuda().cuModuleGetFunction(&function, module, "scale"),
            CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(LaunchTest, VariablesOfAModule) {
  CUmodule loaded;
  ASSERT_OK(cuda().cuModuleLoadData(
      &loaded, module(".visible .global .align 4 .u32 table[3] = {1, 2, 3};\n"
                      ".visible .const .align 8 .u64 scale = 5;\n")
                   .c_str()));
  CUdeviceptr address;
  size_t bytes;
  ASSERT_OK(cuda().cuModuleGetGlobal_v2(&address, &bytes, loaded, "table"));
  EXPECT_EQ(bytes, 12u);
  EXPECT_THAT(download<uint32_t>(address, 3), testing::ElementsAre(1, 2, 3));
  EXPECT_EQ(cuda().cuModuleGetGlobal_v2(&address, &bytes, loaded, "tables"),
            CUDA_ERROR_NOT_FOUND);
}

TEST_F(LaunchTest, OccupancyFollowsTheArchitecture) {
  CUfunction shared = load(sharedKernel, "shared");
  auto blocks = [&](int threads, size_t bytes) {
    int count = -1;
    EXPECT_OK(cuda().cuOccupancyMaxActiveBlocksPerMultiprocessor(
        &count, shared, threads, bytes));
    return count;
  };
  // sm_80: 2048 threads, 32 blocks, 164 KiB with 1 KiB a block for the system.
  EXPECT_EQ(blocks(1024, 0), 2);
  EXPECT_EQ(blocks(32, 0), 32);
  EXPECT_EQ(blocks(128, 80 << 10), 2);
  EXPECT_EQ(blocks(128, 163 << 10), 1);
  EXPECT_EQ(blocks(128, 164 << 10), 0);
  int grid = 0, size = 0;
  EXPECT_OK(cuda().cuOccupancyMaxPotentialBlockSize(&grid, &size, shared,
                                                    nullptr, 0, 0));
  EXPECT_EQ(size, 1024);
  EXPECT_EQ(grid, 2 * 108);
}

TEST_F(LaunchTest, FunctionsAreFoundByName) {
  void *address = nullptr;
  CUdriverProcAddressQueryResult result;
  EXPECT_OK(
      cuda().cuGetProcAddress_v2("cuMemAlloc", &address, 12000, 0, &result));
  EXPECT_EQ(address, reinterpret_cast<void *>(cuda().cuMemAlloc_v2));
  EXPECT_EQ(
      cuda().cuGetProcAddress_v2("cuNothing", &address, 12000, 0, &result),
      CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(result, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
  const char *text = nullptr;
  EXPECT_OK(cuda().cuGetErrorName(CUDA_ERROR_ILLEGAL_ADDRESS, &text));
  EXPECT_STREQ(text, "CUDA_ERROR_ILLEGAL_ADDRESS");
  EXPECT_EQ(cuda().cuGetErrorString(CUresult(12345), &text),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(LaunchTest, ContextsOfADeviceEnablePeersForThemselves) {
  CUcontext own;
  ASSERT_OK(cuda().cuCtxCreate_v2(&own, 0, 0));
  EXPECT_OK(cuda().cuCtxEnablePeerAccess(contexts[1], 0));
  ASSERT_OK(cuda().cuCtxPushCurrent_v2(contexts[0]));
  EXPECT_OK(cuda().cuCtxEnablePeerAccess(contexts[1], 0));
  EXPECT_OK(cuda().cuCtxDestroy_v2(own));
  // Still this one's.
  CUfunction scale = load(scaleKernel, "scale");
  ASSERT_OK(cuda().cuCtxPushCurrent_v2(contexts[1]));
  CUdeviceptr remote = upload(std::vector<uint32_t>(10, 1));
  ASSERT_OK(cuda().cuCtxPopCurrent_v2(nullptr));
  ASSERT_OK(launch(scale, 1, 32, nullptr, remote, 10u, 6u));
  EXPECT_OK(cuda().cuCtxSynchronize());
  EXPECT_OK(cuda().cuCtxDisablePeerAccess(contexts[1]));
}

TEST_F(LaunchTest, WrongBuffersOfArgumentsAreRefused) {
  CUfunction scale = load(scaleKernel, "scale");
  size_t bytes = 15;
  uint64_t buffer[2] = {};
  void *argument = buffer;
  void *arguments[] = {argument, argument, argument};
  void *small[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, buffer,
                   CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_END};
  void *null[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, buffer,
                  CU_LAUNCH_PARAM_BUFFER_SIZE, nullptr, CU_LAUNCH_PARAM_END};
  auto run = [&](void **parameters, void **extra) {
    return cuda().cuLaunchKernel(scale, 1, 1, 1, 1, 1, 1, 0, nullptr,
                                 parameters, extra);
  };
  EXPECT_EQ(run(nullptr, small), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(run(nullptr, null), CUDA_ERROR_INVALID_VALUE);
  bytes = 16;
  EXPECT_EQ(run(arguments, small), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(run(nullptr, nullptr), CUDA_ERROR_INVALID_VALUE);
  int blocks = -1;
  EXPECT_OK(cuda().cuOccupancyMaxActiveBlocksPerMultiprocessor(
      &blocks, scale, 32, SIZE_MAX - 100));
  EXPECT_EQ(blocks, 0);
}

TEST_F(LaunchTest, NamesMeanWhatTheProgramsCudaVersionMeans) {
  auto find = [](const char *name, int version) {
    void *address = nullptr;
    EXPECT_OK(cuda().cuGetProcAddress_v2(name, &address, version, 0, nullptr));
    return address;
  };
  EXPECT_EQ(find("cuCtxCreate", 12080),
            reinterpret_cast<void *>(cuda().cuCtxCreate_v2));
  EXPECT_EQ(find("cuCtxCreate", 13000),
            reinterpret_cast<void *>(cuda().cuCtxCreate_v4));
  EXPECT_NE(find("cuGetProcAddress", 11030),
            reinterpret_cast<void *>(cuda().cuGetProcAddress_v2));
}

TEST_F(LaunchTest, ClustersAreThoseOfTheKernel) {
  CUfunction kernel = load(R"(
.version 8.0
.target sm_90
.address_size 64
.visible .entry ranks(.param .u64 data) .reqnctapercluster 2
{
  .reg .b32 %r<3>;
  .reg .b64 %rd<4>;
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %cluster_ctaid.x;
  ld.param.u64 %rd1, [data];
  mul.wide.u32 %rd2, %r1, 4;
  add.s64 %rd3, %rd1, %rd2;
  st.global.u32 [%rd3], %r2;
  ret;
}
)",
                           "ranks");
  CUdeviceptr data = allocate(16);
  ASSERT_OK(launch(kernel, 4, 1, nullptr, data));
  EXPECT_THAT(download<uint32_t>(data, 4), testing::ElementsAre(0, 1, 0, 1));
  EXPECT_EQ(launch(kernel, 3, 1, nullptr, data),
            CUDA_ERROR_INVALID_CLUSTER_SIZE);
}
