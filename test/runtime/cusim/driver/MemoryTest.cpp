//===- MemoryTest.cpp - Allocations and copies ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/driver/CudaTest.h"

#include <cstring>
#include <fstream>
#include <numeric>

using namespace weft::cuda;
using testing::Each;
using testing::ElementsAreArray;

namespace {
using MemoryTest = CudaTest;
} // namespace

TEST_F(MemoryTest, CopiesGoEveryWay) {
  std::vector<int> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 0);
  CUdeviceptr first = upload(numbers), second = allocate(4000);
  EXPECT_OK(cuda().cuMemcpyDtoD_v2(second, first, 4000));
  EXPECT_THAT(download<int>(second, 1000), ElementsAreArray(numbers));
  // Inside of allocations, at any byte.
  EXPECT_OK(cuda().cuMemcpyDtoD_v2(second + 40, first, 400));
  EXPECT_EQ(download<int>(second, 1000)[10], 0);
  EXPECT_EQ(download<int>(second, 1000)[110], 110);
  // Unified addressing: the same call for all.
  std::vector<int> back(1000);
  EXPECT_OK(
      cuda().cuMemcpy(reinterpret_cast<CUdeviceptr>(back.data()), first, 4000));
  EXPECT_THAT(back, ElementsAreArray(numbers));
}

TEST_F(MemoryTest, CopiesOutsideOfAllocationsAreRefused) {
  CUdeviceptr data = allocate(100);
  char buffer[200];
  EXPECT_EQ(cuda().cuMemcpyDtoH_v2(buffer, data, 101),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuda().cuMemcpyDtoH_v2(buffer, data - 1, 10),
            CUDA_ERROR_INVALID_VALUE);
  // A host's address where a device's belongs.
  EXPECT_EQ(cuda().cuMemcpyDtoD_v2(data, CUdeviceptr(buffer), 10),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuda().cuMemsetD32_v2(data + 2, 0, 1), CUDA_ERROR_INVALID_VALUE)
      << "misaligned";
  EXPECT_OK(cuda().cuMemFree_v2(data));
  EXPECT_EQ(cuda().cuMemcpyDtoH_v2(buffer, data, 10), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuda().cuMemFree_v2(data), CUDA_ERROR_INVALID_VALUE);
  EXPECT_OK(cuda().cuMemFree_v2(0));
}

TEST_F(MemoryTest, PageableSourcesAreReadAtTheCall) {
  CUdeviceptr data = allocate(400);
  std::vector<int> numbers(100, 7);
  ASSERT_OK(cuda().cuMemcpyHtoDAsync_v2(data, numbers.data(), 400, nullptr));
  std::fill(numbers.begin(), numbers.end(), 8);
  EXPECT_THAT(download<int>(data, 100), Each(7));
}

TEST_F(MemoryTest, CopiesRowsBetweenPitches) {
  std::vector<int> numbers(40);
  std::iota(numbers.begin(), numbers.end(), 0);
  CUDA_MEMCPY2D copy = {};
  copy.srcMemoryType = copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.srcDevice = upload(numbers);
  copy.dstDevice = upload(std::vector<int>(12, -1));
  // Columns 2 and 3 of rows 1 to 3 of 4 x 10, into rows of 4.
  copy.srcXInBytes = 8;
  copy.srcY = 1;
  copy.srcPitch = 40;
  copy.dstPitch = 16;
  copy.WidthInBytes = 8;
  copy.Height = 3;
  EXPECT_OK(cuda().cuMemcpy2DAsync_v2(&copy, nullptr));
  EXPECT_OK(cuda().cuCtxSynchronize());
  EXPECT_THAT(
      download<int>(copy.dstDevice, 12),
      testing::ElementsAre(12, 13, -1, -1, 22, 23, -1, -1, 32, 33, -1, -1));
  copy.Height = 4;
  EXPECT_EQ(cuda().cuMemcpy2DAsync_v2(&copy, nullptr),
            CUDA_ERROR_INVALID_VALUE);
  copy.Height = 3;
  copy.WidthInBytes = 20;
  EXPECT_EQ(cuda().cuMemcpy2DAsync_v2(&copy, nullptr),
            CUDA_ERROR_INVALID_VALUE);
  copy.dstMemoryType = CU_MEMORYTYPE_HOST;
  EXPECT_EQ(cuda().cuMemcpy2DAsync_v2(&copy, nullptr),
            CUDA_ERROR_NOT_SUPPORTED);
}

TEST_F(MemoryTest, FillsTakeEveryWidth) {
  CUdeviceptr data = allocate(16);
  EXPECT_OK(cuda().cuMemsetD32_v2(data, 0x01020304, 4));
  EXPECT_OK(cuda().cuMemsetD16_v2(data + 2, 0xabcd, 1));
  EXPECT_OK(cuda().cuMemsetD8Async(data + 15, 0xee, 1, nullptr));
  EXPECT_THAT(
      download<uint32_t>(data, 4),
      testing::ElementsAre(0xabcd0304u, 0x01020304u, 0x01020304u, 0xee020304u));
}

/// Of this process, in main memory.
size_t residentBytes() {
  std::ifstream file("/proc/self/statm");
  size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * 4096;
}

TEST_F(MemoryTest, ZerosTakeNoMemoryAndOverwriteNothingElse) {
  constexpr size_t Bytes = size_t(24) << 20, Edge = 5;
  CUdeviceptr data = allocate(Bytes);
  ASSERT_OK(cuda().cuMemsetD8_v2(data, 0x11, Bytes));
  size_t before = residentBytes();
  ASSERT_OK(cuda().cuMemsetD8_v2(data + Edge, 0, Bytes - 2 * Edge));
  EXPECT_LT(residentBytes() + (size_t(20) << 20), before);
  std::vector<uint8_t> expected(Bytes, 0);
  std::fill_n(expected.begin(), Edge, 0x11);
  std::fill_n(expected.end() - Edge, Edge, 0x11);
  EXPECT_TRUE(download<uint8_t>(data, Bytes) == expected);
}

TEST_F(MemoryTest, HostMemoryIsSharedWithDevices) {
  CUfunction scale = load(scaleKernel, "scale");
  void *host = nullptr;
  ASSERT_OK(cuda().cuMemHostAlloc(&host, 40, CU_MEMHOSTALLOC_DEVICEMAP));
  uint32_t *numbers = static_cast<uint32_t *>(host);
  std::fill(numbers, numbers + 10, 5);
  CUdeviceptr address;
  ASSERT_OK(cuda().cuMemHostGetDevicePointer_v2(&address, host, 0));
  ASSERT_OK(launch(scale, 1, 32, nullptr, address, 10u, 2u));
  ASSERT_OK(cuda().cuCtxSynchronize());
  EXPECT_EQ(numbers[9], 11u);
  EXPECT_OK(cuda().cuMemFreeHost(host));

  std::vector<uint32_t> registered(10, 1);
  ASSERT_OK(cuda().cuMemHostRegister_v2(registered.data(), 40, 0));
  EXPECT_EQ(cuda().cuMemHostRegister_v2(registered.data(), 40, 0),
            CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
  ASSERT_OK(
      launch(scale, 1, 32, nullptr, CUdeviceptr(registered.data()), 10u, 2u));
  ASSERT_OK(cuda().cuCtxSynchronize());
  EXPECT_THAT(registered, Each(3u));
  EXPECT_OK(cuda().cuMemHostUnregister(registered.data()));
  EXPECT_EQ(cuda().cuMemHostUnregister(registered.data()),
            CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
}

TEST_F(MemoryTest, DevicesCopyFromEachOther) {
  CUdeviceptr first = upload(std::vector<int>(100, 42));
  ASSERT_OK(cuda().cuCtxSetCurrent(contexts[1]));
  CUdeviceptr second = allocate(400);
  ASSERT_OK(cuda().cuMemcpyPeer(second, contexts[1], first, contexts[0], 400));
  EXPECT_THAT(download<int>(second, 100), Each(42));
}

TEST_F(MemoryTest, CapacityIsLimited) {
  size_t free = 0, total = 0;
  ASSERT_OK(cuda().cuMemGetInfo_v2(&free, &total));
  EXPECT_EQ(total, size_t(64) << 20) << "CUSIM_MEMORY of the test";
  CUdeviceptr data = 0;
  EXPECT_EQ(cuda().cuMemAlloc_v2(&data, total + 1), CUDA_ERROR_OUT_OF_MEMORY);
  data = allocate(32 << 20);
  size_t less = 0;
  ASSERT_OK(cuda().cuMemGetInfo_v2(&less, &total));
  EXPECT_LE(less, free - (32 << 20));
  EXPECT_OK(cuda().cuMemFree_v2(data));
  ASSERT_OK(cuda().cuMemGetInfo_v2(&less, &total));
  EXPECT_EQ(less, free);
}

TEST_F(MemoryTest, PointersTellWhatTheyAre) {
  CUdeviceptr data = allocate(1000);
  CUdeviceptr base;
  size_t bytes;
  EXPECT_OK(cuda().cuMemGetAddressRange_v2(&base, &bytes, data + 10));
  EXPECT_EQ(base, data);
  EXPECT_EQ(bytes, 1000u);
  unsigned type = 0;
  int ordinal = -1;
  EXPECT_OK(cuda().cuPointerGetAttribute(
      &type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, data));
  EXPECT_EQ(type, unsigned(CU_MEMORYTYPE_DEVICE));
  EXPECT_OK(cuda().cuPointerGetAttribute(
      &ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, data));
  EXPECT_EQ(ordinal, 0);
  EXPECT_EQ(cuda().cuPointerGetAttribute(
                &type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CUdeviceptr(&type)),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(MemoryTest, SizesDoNotOverflow) {
  CUdeviceptr data = allocate(100);
  size_t pitch = 0;
  EXPECT_EQ(
      cuda().cuMemAllocPitch_v2(&data, &pitch, 1, (size_t(1) << 55) + 1, 4),
      CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(cuda().cuMemAllocPitch_v2(&data, &pitch, SIZE_MAX, 1, 4),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuda().cuMemsetD32_v2(data, 0, SIZE_MAX / 4 + 2),
            CUDA_ERROR_INVALID_VALUE);
  char buffer[8];
  EXPECT_EQ(cuda().cuMemcpyDtoH_v2(buffer, data + 50, SIZE_MAX - 10),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuda().cuMemHostRegister_v2(buffer, SIZE_MAX - 10, 0),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(MemoryTest, CopiesEndWhereTheirPinnedMemoryEnds) {
  CUdeviceptr data = allocate(200);
  void *host = nullptr;
  ASSERT_OK(cuda().cuMemAllocHost_v2(&host, 100));
  EXPECT_OK(cuda().cuMemcpyHtoD_v2(data, host, 100));
  EXPECT_EQ(cuda().cuMemcpyHtoD_v2(data, host, 101), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuda().cuMemcpyDtoHAsync_v2(host, data, 101, nullptr),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(MemoryTest, RegisteredMemoryGoesWithItsContext) {
  std::vector<char> buffer(100);
  CUcontext own;
  ASSERT_OK(cuda().cuCtxCreate_v2(&own, 0, 0));
  ASSERT_OK(cuda().cuMemHostRegister_v2(buffer.data(), 100, 0));
  ASSERT_OK(cuda().cuCtxDestroy_v2(own));
  ASSERT_OK(cuda().cuCtxSetCurrent(contexts[0]));
  EXPECT_OK(cuda().cuMemHostRegister_v2(buffer.data(), 100, 0));
  EXPECT_OK(cuda().cuMemHostUnregister(buffer.data()));
}

TEST_F(MemoryTest, PointersTellTheirOwnContext) {
  CUdeviceptr data = allocate(100);
  ASSERT_OK(cuda().cuCtxSetCurrent(contexts[1]));
  CUcontext owner = nullptr;
  EXPECT_OK(
      cuda().cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, data));
  EXPECT_EQ(owner, contexts[0]);
}
