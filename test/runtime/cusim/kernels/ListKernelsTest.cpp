//===- ListKernelsTest.cpp - Sums, scans, sorts, counts -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/kernels/KernelTest.h"

#include <algorithm>
#include <map>
#include <numeric>

using namespace weft::cuda;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::UnorderedElementsAreArray;

namespace {
class ListKernelsTest : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Compilers, ListKernelsTest,
                         testing::Values("nvcc", "clang"),
                         [](const auto &info) { return info.param; });

constexpr size_t lengths[] = {1, 31, 1000, 4099};
} // namespace

TEST_P(ListKernelsTest, Sum) {
  CUmodule module = loadFile("reduce");
  for (size_t count : lengths) {
    std::vector<float> data = fractions<float>(count);
    CUdeviceptr result = upload(std::vector<float>{0});
    run(find(module, "sum"), {5}, {96}, 0, upload(data), int(count), result);
    EXPECT_EQ(download<float>(result, 1)[0],
              std::accumulate(data.begin(), data.end(), 0.0f));

    std::vector<double> precise(data.begin(), data.end());
    CUdeviceptr total = upload(std::vector<double>{0});
    run(find(module, "sumOnce"), {7}, {256}, 0, upload(precise), int(count),
        allocate(7 * 8), total);
    EXPECT_EQ(download<double>(total, 1)[0],
              std::accumulate(precise.begin(), precise.end(), 0.0));
  }
}

TEST_P(ListKernelsTest, Largest) {
  CUfunction largest = find("reduce", "largest");
  for (size_t count : lengths) {
    std::vector<int> data = integers<int>(count, -1000000, 1000000);
    CUdeviceptr result = upload(std::vector<int>{INT32_MIN});
    run(largest, {3}, {128}, 512, upload(data), int(count), result);
    EXPECT_EQ(download<int>(result, 1)[0],
              *std::max_element(data.begin(), data.end()));
  }
}

TEST_P(ListKernelsTest, Scan) {
  CUmodule module = loadFile("scan");
  for (size_t count : lengths) {
    std::vector<int> data = integers<int>(count, -100, 100), expected(count);
    std::partial_sum(data.begin(), data.end(), expected.begin());
    unsigned blocks = (count + 255) / 256;
    CUdeviceptr result = allocate(count * 4), sums = allocate(blocks * 4),
                scanned = allocate(blocks * 4), rest = allocate(4);
    run(find(module, "scanBlocks"), {blocks}, {256}, 0, upload(data),
        int(count), result, sums);
    run(find(module, "scanBlocks"), {1}, {256}, 0, sums, int(blocks), scanned,
        rest);
    run(find(module, "addSums"), {blocks}, {256}, 0, result, int(count),
        scanned);
    EXPECT_THAT(download<int>(result, count), ElementsAreArray(expected));

    blocks = (count + 127) / 128;
    CUdeviceptr carried = allocate(blocks * 4),
                isReady = upload(std::vector<int>(blocks));
    result = allocate(count * 4);
    run(find(module, "scanChained"), {blocks}, {128}, 0, upload(data),
        int(count), result, carried, isReady);
    EXPECT_THAT(download<int>(result, count), ElementsAreArray(expected));
  }
}

TEST_P(ListKernelsTest, Histogram) {
  CUmodule module = loadFile("histogram");
  for (const char *kernel : {"histogram", "histogramOfWarps"})
    for (size_t count : lengths) {
      std::vector<uint8_t> data = integers<uint8_t>(count, 0, 40);
      std::vector<unsigned> expected(256);
      for (uint8_t byte : data)
        ++expected[byte];
      CUdeviceptr counts = upload(std::vector<unsigned>(256));
      run(find(module, kernel), {unsigned(count + 127) / 128}, {128}, 0,
          upload(data), int(count), counts);
      EXPECT_THAT(download<unsigned>(counts, 256), ElementsAreArray(expected));
    }
}

TEST_P(ListKernelsTest, Sort) {
  CUmodule module = loadFile("sort");
  for (unsigned count : {2u, 32u, 512u}) {
    std::vector<unsigned> data = integers<unsigned>(count, -1000000, 1000000);
    CUdeviceptr values = upload(data);
    run(find(module, "bitonicSort"), {1}, {count}, count * 4, values);
    std::sort(data.begin(), data.end());
    EXPECT_THAT(download<unsigned>(values, count), ElementsAreArray(data));
  }
  for (unsigned count : {1u, 33u, 700u}) {
    std::vector<unsigned> data = integers<unsigned>(count, -1000000, 1000000);
    CUdeviceptr values = upload(data);
    run(find(module, "radixSort"), {1}, {(count + 31) / 32 * 32}, 0, values,
        int(count));
    std::sort(data.begin(), data.end());
    EXPECT_THAT(download<unsigned>(values, count), ElementsAreArray(data));
  }
  std::vector<int> data = integers<int>(96, -50, 50);
  CUdeviceptr values = upload(data);
  run(find(module, "sortInWarp"), {3}, {32}, 0, values);
  for (auto begin = data.begin(); begin != data.end(); begin += 32)
    std::sort(begin, begin + 32);
  EXPECT_THAT(download<int>(values, 96), ElementsAreArray(data));
}

TEST_P(ListKernelsTest, Atomics) {
  struct Totals {
    int sum, least, most, andBits, orBits, xorBits;
    unsigned wrapped, counted;
    uint64_t wide, wideMost;
    float floating;
    double precise;
  };
  CUmodule module = loadFile("atomics");
  size_t count = 1003;
  std::vector<int> data = integers<int>(count, -30000, 30000);
  Totals expected = {0, INT32_MAX, INT32_MIN, -1, 0, 0, 0, 50, 0, 0, 0, 0};
  CUdeviceptr totals = upload(std::vector<Totals>{expected});
  for (int value : data) {
    expected.sum += value;
    expected.least = std::min(expected.least, value);
    expected.most = std::max(expected.most, value);
    expected.andBits &= value;
    expected.orBits |= value;
    expected.xorBits ^= value;
    expected.wrapped = expected.wrapped >= 9 ? 0 : expected.wrapped + 1;
    expected.counted = expected.counted == 0 || expected.counted > 100
                           ? 100
                           : expected.counted - 1;
    uint64_t square = uint64_t(value) * value;
    expected.wide += square;
    expected.wideMost = std::max(expected.wideMost, square);
    expected.floating += 0.5f;
    expected.precise += 0.25 * value;
  }
  run(find(module, "total"), {8}, {128}, 0, upload(data), int(count), totals);
  Totals found = download<Totals>(totals, 1)[0];
  EXPECT_THAT((std::vector<int>{found.sum, found.least, found.most,
                                found.andBits, found.orBits, found.xorBits}),
              ElementsAre(expected.sum, expected.least, expected.most,
                          expected.andBits, expected.orBits, expected.xorBits));
  EXPECT_EQ(found.wrapped, expected.wrapped);
  EXPECT_EQ(found.counted, expected.counted);
  EXPECT_EQ(found.wide, expected.wide);
  EXPECT_EQ(found.wideMost, expected.wideMost);
  EXPECT_EQ(found.floating, expected.floating);
  EXPECT_EQ(found.precise, expected.precise);

  std::vector<float> factors(100, 1);
  factors[3] = factors[70] = 2;
  factors[40] = 0.5f;
  CUdeviceptr product = upload(std::vector<float>{3});
  run(find(module, "multiplyAll"), {2}, {64}, 0, upload(factors), 100, product);
  EXPECT_EQ(download<float>(product, 1)[0], 6);

  CUdeviceptr lock = upload(std::vector<int>{0}),
              counter = upload(std::vector<int>{0});
  run(find(module, "takeTurns"), {2}, {48}, 0, lock, counter, 3);
  EXPECT_EQ(download<int>(counter, 1)[0], 2 * 48 * 3);

  CUdeviceptr kept = allocate(count * 4), number = upload(std::vector<int>{0});
  run(find(module, "keepPositive"), {8}, {128}, 0, upload(data), int(count),
      kept, number);
  std::erase_if(data, [](int value) { return value <= 0; });
  ASSERT_EQ(download<int>(number, 1)[0], int(data.size()));
  EXPECT_THAT(download<int>(kept, data.size()),
              UnorderedElementsAreArray(data));
}
