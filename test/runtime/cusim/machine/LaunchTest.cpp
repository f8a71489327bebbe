//===- LaunchTest.cpp - Grids, strands and memory -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <thread>

namespace weft::cusim::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

/// c[i] = a[i] + b[i] for i < n.
void addKernel(Strand *strand) {
  uint64_t a[WarpSize], b[WarpSize], c[WarpSize];
  uint32_t x[WarpSize], y[WarpSize];
  uint32_t mask = 0;
  for (unsigned lane = 0; lane < strand->width; ++lane) {
    uint64_t i = globalIndex(strand, lane);
    if (!(strand->live >> lane & 1) || i >= parameter(strand, 3))
      continue;
    mask |= 1u << lane;
    a[lane] = parameter(strand, 0) + 4 * i;
    b[lane] = parameter(strand, 1) + 4 * i;
    c[lane] = parameter(strand, 2) + 4 * i;
  }
  cusim_gather(strand, mask, a, x, 4, 1, 0, 0);
  cusim_gather(strand, mask, b, y, 4, 1, 0, 1);
  for (unsigned lane = 0; lane < strand->width; ++lane)
    x[lane] += y[lane];
  cusim_scatter(strand, mask, c, x, 4, 1, 1, 2);
}

class LaunchTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(LaunchTest, AddsVectors) {
  for (unsigned threads : {1u, 2u}) {
    Options options = ofWidth(GetParam());
    options.schedule.threads = threads;
    Simulator simulator(addKernel, options);
    std::vector<uint32_t> a(10000), expected(10000);
    std::iota(a.begin(), a.end(), 0);
    for (uint32_t i = 0; i < a.size(); ++i)
      expected[i] = 2 * i;
    uint64_t x = simulator.upload(a), y = simulator.upload(a);
    uint64_t z = simulator.upload(std::vector<uint32_t>(a.size(), 7));
    LaunchReport report =
        simulator.launch(105, 96, {x, y, z, uint64_t(a.size())});
    EXPECT_FALSE(report.isFaulted) << textOf(report);
    EXPECT_EQ(simulator.download<uint32_t>(z, a.size()), expected);
  }
}

/// Every thread writes where it is, in three dimensions.
void placeKernel(Strand *strand) {
  for (unsigned lane = 0; lane < strand->width; ++lane) {
    if (!(strand->live >> lane & 1))
      continue;
    uint32_t block = strand->ctaid[0] +
                     strand->nctaid[0] * (strand->ctaid[1] +
                                          strand->nctaid[1] * strand->ctaid[2]);
    uint32_t thread =
        strand->tid[0][lane] +
        strand->ntid[0] *
            (strand->tid[1][lane] + strand->ntid[1] * strand->tid[2][lane]);
    uint32_t size = strand->ntid[0] * strand->ntid[1] * strand->ntid[2];
    uint64_t addresses[WarpSize];
    uint32_t values[WarpSize];
    addresses[lane] = parameter(strand, 0) + 4 * (block * size + thread);
    values[lane] = strand->warp * WarpSize + strand->lane + lane;
    cusim_scatter(strand, 1u << lane, addresses, values, 4, 1, 1, 0);
  }
}

TEST_P(LaunchTest, NumbersThreadsInThreeDimensions) {
  Simulator simulator(placeKernel, ofWidth(GetParam()));
  LaunchParameters parameters{.grid = {2, 3, 2}, .block = {5, 4, 3}};
  uint64_t out = simulator.upload(std::vector<uint32_t>(12 * 60, ~0u));
  LaunchReport report = simulator.launch(parameters, {out});
  EXPECT_FALSE(report.isFaulted) << textOf(report);
  std::vector<uint32_t> values = simulator.download<uint32_t>(out, 12 * 60);
  for (uint32_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(values[i], i % 60) << i;
}

/// Reads local memory that the lane wrote, through generic addresses.
void localKernel(Strand *strand) {
  uint64_t addresses[WarpSize], out[WarpSize];
  uint32_t values[WarpSize] = {}, read[WarpSize];
  for (unsigned lane = 0; lane < strand->width; ++lane) {
    addresses[lane] = (LocalTag << TagShift) + 8;
    out[lane] = parameter(strand, 0) + 4 * globalIndex(strand, lane);
    values[lane] = globalIndex(strand, lane);
  }
  cusim_scatter(strand, strand->live, addresses, values, 4, 1, 1, 0);
  synchronize(strand);
  cusim_gather(strand, strand->live, addresses, read, 4, 1, 0, 1);
  cusim_scatter(strand, strand->live, out, read, 4, 1, 1, 2);
}

TEST_P(LaunchTest, GivesEachThreadItsOwnLocalMemory) {
  Options options = ofWidth(GetParam());
  options.localBytes = 12;
  Simulator simulator(localKernel, options);
  uint64_t out = simulator.upload(std::vector<uint32_t>(300));
  LaunchReport report = simulator.launch(3, 100, {out});
  EXPECT_FALSE(report.isFaulted) << textOf(report);
  std::vector<uint32_t> values = simulator.download<uint32_t>(out, 300);
  for (uint32_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(values[i], i);
}

INSTANTIATE_TEST_SUITE_P(Widths, LaunchTest, ::testing::Values(1, 32));

TEST(LaunchTest, ServesSeveralLaunchingThreads) {
  std::vector<std::thread> threads;
  std::vector<int> good(4, 0);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&good, t] {
      Options options = ofWidth(32);
      options.schedule.threads = 0;
      Simulator simulator(addKernel, options);
      std::vector<uint32_t> a(4096, static_cast<uint32_t>(t));
      uint64_t x = simulator.upload(a), y = simulator.upload(a);
      for (int turn = 0; turn < 50; ++turn) {
        uint64_t z = simulator.upload(std::vector<uint32_t>(a.size(), 7));
        simulator.launch(64, 64, {x, y, z, uint64_t(a.size())});
        std::vector<uint32_t> sum = simulator.download<uint32_t>(z, a.size());
        good[t] += sum == std::vector<uint32_t>(a.size(),
                                                2 * static_cast<uint32_t>(t));
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_THAT(good, Each(50));
}

TEST(LaunchTest, RefusesBadShapes) {
  CompiledKernel kernel;
  kernel.staticSharedBytes = 200 * 1024;
  EXPECT_THAT(Device::check(kernel, {.grid = {0, 1, 1}}).message(),
              HasSubstr("a grid of (0,1,1) blocks"));
  EXPECT_THAT(Device::check(kernel, {.block = {1024, 2, 1}}).message(),
              HasSubstr("blocks of 2048 threads"));
  EXPECT_THAT(Device::check(kernel, {.grid = {3, 1, 1}, .cluster = {2, 1, 1}})
                  .message(),
              HasSubstr("do not divide a grid of (3,1,1)"));
  EXPECT_THAT(
      Device::check(kernel, {.dynamicSharedBytes = 28 * 1024}).message(),
      HasSubstr("233472 bytes of shared memory"));
  ptx::Function entry;
  kernel.entry = &entry;
  entry.maxThreads[0] = 128;
  EXPECT_THAT(Device::check(kernel, {.block = {256, 1, 1}}).message(),
              HasSubstr(".maxntid expects 128"));
  entry.requiredThreads[0] = entry.requiredThreads[1] =
      entry.requiredThreads[2] = 2;
  EXPECT_THAT(Device::check(kernel, {.block = {64, 1, 1}}).message(),
              HasSubstr(".reqntid expects (2,2,2)"));
  EXPECT_TRUE(Device::check(kernel, {.block = {2, 2, 2}}).isOk());
}

} // namespace
} // namespace weft::cusim::testing
