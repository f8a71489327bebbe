//===- HopperTest.cpp - Kernels of sm_90a from PTX to memory --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/TensorMap.h"
#include "test/runtime/cusim/warp/PtxDevice.h"

#include <numeric>
#include <random>

namespace weft::cusim {
namespace {

constexpr uint32_t UInt32 = 2, Float16 = 6;

class HopperTest : public PtxDeviceTest {
protected:
  HopperTest() : PtxDeviceTest(HOPPER_PTX) {}

  /// A matrix of rows x columns, and boxes of it.
  static TensorMap mapOf(uint64_t address, uint32_t type, uint32_t bytes,
                         uint64_t columns, uint64_t rows, uint32_t boxColumns,
                         uint32_t boxRows, uint32_t swizzle) {
    uint64_t sizes[] = {columns, rows}, strides[] = {columns * bytes};
    uint32_t box[] = {boxColumns, boxRows}, steps[] = {1, 1};
    TensorMapArguments arguments;
    arguments.dataType = type;
    arguments.rank = 2;
    arguments.globalAddress = address;
    arguments.globalDim = sizes;
    arguments.globalStrides = strides;
    arguments.boxDim = box;
    arguments.elementStrides = steps;
    arguments.swizzle = swizzle;
    auto map = encodeTensorMap(arguments);
    EXPECT_TRUE(map.isOk()) << map.message();
    return *map;
  }

  std::vector<uint32_t> counting(size_t count) {
    std::vector<uint32_t> values(count);
    std::iota(values.begin(), values.end(), 1u);
    return values;
  }
};

TEST_P(HopperTest, MultipliesByWarpgroupsAndTensorCopies) {
  // The last step of k lies half outside of the matrices.
  constexpr int M = 128, N = 64, K = 224;
  std::mt19937 random(3);
  std::vector<int> a(M * K), b(N * K);
  std::vector<uint16_t> aBits, bBits;
  for (int &value : a)
    aBits.push_back(halfOf(value = static_cast<int>(random() % 7) - 3));
  for (int &value : b)
    bBits.push_back(halfOf(value = static_cast<int>(random() % 7) - 3));
  uint64_t aAt = upload(aBits), bAt = upload(bBits);
  uint64_t cAt = upload(std::vector<float>(M * N, -1));
  LaunchParameters parameters;
  parameters.grid[0] = N / 32;
  parameters.grid[1] = M / 64;
  parameters.block[0] = 256;
  parameters.dynamicSharedBytes = 3 * (64 + 32) * 64 * 2;
  launch("gemm", parameters, mapOf(aAt, Float16, 2, K, M, 64, 64, 3),
         mapOf(bAt, Float16, 2, K, N, 64, 32, 3), cAt, N, K);
  std::vector<float> c = download<float>(cAt, M * N);
  for (int row = 0; row < M; ++row)
    for (int column = 0; column < N; ++column) {
      int sum = 0;
      for (int k = 0; k < K; ++k)
        sum += a[row * K + k] * b[column * K + k];
      ASSERT_EQ(c[row * N + column], static_cast<float>(sum))
          << "row " << row << ", column " << column;
    }
}

TEST_P(HopperTest, SendsATileToAllBlocksOfACluster) {
  constexpr uint32_t Rows = 128, Columns = 32;
  std::vector<uint32_t> values = counting(Rows * Columns);
  uint64_t source = upload(values);
  uint64_t out = upload(std::vector<uint32_t>(2 * Rows * Columns));
  LaunchParameters parameters;
  parameters.grid[0] = 4;
  parameters.block[0] = 64;
  parameters.cluster[0] = 2;
  parameters.dynamicSharedBytes = 32 * 64 * 4;
  launch("multicast", parameters,
         mapOf(source, UInt32, 4, Columns, Rows, 32, 32, 0), out);
  auto result = download<uint32_t>(out, 2 * Rows * Columns);
  for (uint32_t block = 0; block < 4; ++block)
    for (uint32_t i = 0; i < 64 * Columns; ++i)
      ASSERT_EQ(result[block * 64 * Columns + i],
                values[block / 2 * 64 * Columns + i] + block % 2);
}

TEST_P(HopperTest, ReachesTheSharedMemoryOfOtherBlocks) {
  uint64_t out = upload(std::vector<uint32_t>(8 * 8));
  LaunchParameters parameters;
  parameters.grid[0] = 8;
  parameters.block[0] = 32;
  parameters.cluster[0] = 4;
  launch("exchange", parameters, out);
  auto result = download<uint32_t>(out, 8 * 8);
  for (uint32_t block = 0; block < 8; ++block) {
    uint32_t rank = block % 4;
    for (uint32_t from = 0; from < 4; ++from)
      EXPECT_EQ(result[block * 8 + from], from * 10 + rank);
    EXPECT_EQ(result[block * 8 + 4], 1u + 2 + 3 + 4);
    EXPECT_EQ(result[block * 8 + 5], 100 + (rank + 1) % 4);
  }
}

TEST_P(HopperTest, WritesBoxes) {
  constexpr uint32_t Columns = 24, Rows = 16;
  std::vector<uint32_t> values = counting(Columns * Rows);
  std::vector<uint32_t> expected(Columns * Rows, 7);
  uint64_t source = upload(values), target = upload(expected);
  uint64_t first = upload(std::vector<uint32_t>(64));
  LaunchParameters parameters;
  parameters.block[0] = 64;
  launch("store", parameters, mapOf(source, UInt32, 4, Columns, Rows, 16, 8, 0),
         mapOf(target, UInt32, 4, Columns, Rows, 16, 8, 0), first);
  for (uint32_t y = 0; y < 8; ++y)
    for (uint32_t x = 0; x < 16; ++x)
      expected[(y + 2) * Columns + x + 1] =
          4 * values[(y + 6) * Columns + x + 5];
  EXPECT_EQ(download<uint32_t>(target, Columns * Rows), expected);
  auto copied = download<uint32_t>(first, 64);
  for (uint32_t i = 0; i < 64; ++i)
    EXPECT_EQ(copied[i], 2 * values[(i / 16 + 6) * Columns + i % 16 + 5]);
}

INSTANTIATE_TEST_SUITE_P(Modes, HopperTest, testing::ValuesIn(Modes),
                         [](const auto &info) { return info.param.toText(); });

} // namespace
} // namespace weft::cusim
