//===- ScheduleTest.cpp - Random schedules and counters -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace weft::cusim::testing {
namespace {

/// Threads take tickets, from a shared and from a global counter.
void ticketKernel(Strand *strand) {
  if (threadIndex(strand) == 0)
    storeWord(strand, sharedAddress(0), 0);
  synchronize(strand);
  uint64_t one = 1, block = 0, grid = 0;
  uint64_t shared = sharedAddress(0), global = parameter(strand, 0);
  auto add = uint32_t(AtomicOperation::Add);
  auto type = uint32_t(ptx::Type::U32);
  cusim_atomic(strand, 1, &shared, add, type, &one, nullptr, &block, 3);
  cusim_atomic(strand, 1, &global, add, type, &one, nullptr, &grid, 4);
  storeWord(strand, global + 4 + 4 * globalIndex(strand),
            static_cast<uint32_t>(block << 16 | grid));
}

std::vector<uint32_t> tickets(uint64_t seed) {
  Options options = ofWidth(1);
  options.schedule.seed = seed;
  options.sharedBytes = 4;
  Simulator simulator(ticketKernel, options);
  uint64_t memory = simulator.upload(std::vector<uint32_t>(1 + 6 * 32, 0));
  LaunchReport report = simulator.launch(6, 32, {memory});
  EXPECT_TRUE(report.findings.empty()) << textOf(report);
  return simulator.download<uint32_t>(memory + 4, 6 * 32);
}

TEST(ScheduleTest, RepeatsWhatASeedDid) {
  std::set<std::vector<uint32_t>> seen;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    std::vector<uint32_t> first = tickets(seed);
    EXPECT_EQ(first, tickets(seed)) << seed;
    seen.insert(first);
  }
  EXPECT_EQ(seen.size(), 10u);
}

TEST(ScheduleTest, RunsBlocksInOrderWithoutASeed) {
  std::vector<uint32_t> values = tickets(0);
  for (uint32_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(values[i] % 65536 / 32, i / 32);
}

/// Each lane loads and stores p2 bytes, p1 bytes apart.
void strideKernel(Strand *strand) {
  uint64_t global[WarpSize], shared[WarpSize];
  uint32_t values[4 * WarpSize] = {};
  auto words = static_cast<uint32_t>(parameter(strand, 2));
  for (unsigned lane = 0; lane < strand->width; ++lane) {
    global[lane] = parameter(strand, 0) + parameter(strand, 1) * lane;
    shared[lane] = sharedAddress(parameter(strand, 1) * lane);
  }
  cusim_gather(strand, strand->live, global, values, 4, words, 0, 1);
  cusim_scatter(strand, strand->live, shared, values, 4, words, 1, 2);
  cusim_scatter(strand, strand->live, global, values, 4, words, 1, 3);
  strand->instructions += 3;
}

Counters count(uint64_t stride, uint64_t words) {
  Options options = ofWidth(32);
  options.compile.count = true;
  options.sharedBytes = 8192;
  Simulator simulator(strideKernel, options);
  uint64_t memory = simulator.upload(std::vector<uint32_t>(2048));
  LaunchReport report = simulator.launch(1, 64, {memory, stride, words});
  EXPECT_TRUE(report.findings.empty()) << textOf(report);
  EXPECT_EQ(simulator.counters.instructions, 6u);
  return simulator.counters;
}

TEST(CountersTest, CountsSectorsAndBankConflicts) {
  // Two warps each: 128 contiguous bytes.
  Counters contiguous = count(4, 1);
  EXPECT_EQ(contiguous.loadSectors, 8u);
  EXPECT_EQ(contiguous.idealLoadSectors, 8u);
  EXPECT_EQ(contiguous.storeSectors, 8u);
  EXPECT_EQ(contiguous.sharedAccesses, 2u);
  EXPECT_EQ(contiguous.bankConflicts, 0u);
  // A sector a lane, and eight lanes a bank.
  Counters strided = count(32, 1);
  EXPECT_EQ(strided.loadSectors, 64u);
  EXPECT_EQ(strided.idealLoadSectors, 8u);
  EXPECT_EQ(strided.bankConflicts, 2u * 7);
  // All lanes in one word: one sector, no conflict.
  Counters broadcast = count(0, 1);
  EXPECT_EQ(broadcast.loadSectors, 2u);
  EXPECT_EQ(broadcast.idealLoadSectors, 2u);
  EXPECT_EQ(broadcast.bankConflicts, 0u);
  // 16 bytes a lane go in four parts, without conflicts.
  Counters vector = count(16, 4);
  EXPECT_EQ(vector.loadSectors, 32u);
  EXPECT_EQ(vector.idealLoadSectors, 32u);
  EXPECT_EQ(vector.sharedAccesses, 8u);
  EXPECT_EQ(vector.bankConflicts, 0u);
}

} // namespace
} // namespace weft::cusim::testing
