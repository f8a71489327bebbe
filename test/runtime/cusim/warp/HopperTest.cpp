//===- HopperTest.cpp - Kernels of sm_90a from PTX to memory --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/TensorMap.h"
#include "test/runtime/cusim/emit/Runner.h"

#include <map>
#include <numeric>
#include <random>

namespace weft::cusim {
namespace {

constexpr uint32_t UInt32 = 2, Float16 = 6;

/// Lanes a strand, checks, and the seed of the schedule.
struct Mode {
  unsigned width;
  bool checkRaces;
  uint64_t seed;
};

/// The kernels, compiled once for each kind of code.
std::shared_ptr<CompiledModule> compiled(const Mode &mode) {
  static std::map<std::pair<unsigned, bool>, std::shared_ptr<CompiledModule>>
      modules;
  auto &module = modules[{mode.width, mode.checkRaces}];
  if (module)
    return module;
  CompileOptions options;
  options.width = mode.width;
  options.checkRaces = mode.checkRaces;
  auto created = CompiledModule::create(readText(HOPPER_PTX), options, "");
  if (!created) {
    ADD_FAILURE() << created.message();
    return nullptr;
  }
  return module = *created;
}

class HopperTest : public testing::TestWithParam<Mode> {
protected:
  HopperTest()
      : addresses(1),
        device(0, addresses,
               {.threads = 1, .seed = GetParam().seed, .timeout = 60}),
        module(compiled(GetParam())) {}

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

  template <typename... Arguments>
  void launch(const std::string &name, LaunchParameters parameters,
              const Arguments &...arguments) {
    ASSERT_NE(module, nullptr);
    auto kernel = module->kernel(name);
    ASSERT_TRUE(kernel.isOk()) << kernel.message();
    auto loaded = device.load(module);
    ASSERT_TRUE(loaded.isOk()) << loaded.message();
    alignas(64) uint8_t block[512];
    size_t offset = 0;
    auto add = [&](const auto &value) {
      size_t alignment = alignof(std::remove_cvref_t<decltype(value)>);
      offset = (offset + alignment - 1) / alignment * alignment;
      std::memcpy(block + offset, &value, sizeof(value));
      offset += sizeof(value);
    };
    (add(arguments), ...);
    parameters.parameters = block;
    LaunchReport report = device.launch(**loaded, **kernel, parameters);
    EXPECT_EQ(findings(report), "");
  }

  std::vector<uint32_t> counting(size_t count) {
    std::vector<uint32_t> values(count);
    std::iota(values.begin(), values.end(), 1u);
    return values;
  }

  template <typename Element>
  uint64_t upload(const std::vector<Element> &values) {
    uint64_t address = *addresses.allocate(0, values.size() * sizeof(Element));
    std::memcpy(AddressSpace::hostPointer(address), values.data(),
                values.size() * sizeof(Element));
    return address;
  }
  template <typename Element>
  std::vector<Element> download(uint64_t address, size_t count) {
    std::vector<Element> values(count);
    std::memcpy(values.data(), AddressSpace::hostPointer(address),
                count * sizeof(Element));
    return values;
  }

  AddressSpace addresses;
  Device device;
  std::shared_ptr<CompiledModule> module;
};

/// f16 bits of -3 to 3.
uint16_t halfOf(int value) {
  constexpr uint16_t Magnitudes[] = {0, 0x3c00, 0x4000, 0x4200};
  return static_cast<uint16_t>(Magnitudes[std::abs(value)] |
                               (value < 0 ? 0x8000 : 0));
}

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

INSTANTIATE_TEST_SUITE_P(Modes, HopperTest,
                         testing::Values(Mode{1, false, 0}, Mode{1, false, 1},
                                         Mode{1, false, 2},
                                         // None of these kernels has a race.
                                         Mode{1, true, 0}, Mode{1, true, 3},
                                         Mode{32, false, 0}, Mode{32, false, 1},
                                         Mode{32, false, 2}),
                         [](const auto &info) {
                           return "Width" + std::to_string(info.param.width) +
                                  (info.param.checkRaces ? "Races" : "") +
                                  "Seed" + std::to_string(info.param.seed);
                         });

} // namespace
} // namespace weft::cusim
