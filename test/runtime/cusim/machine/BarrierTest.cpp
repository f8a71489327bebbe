//===- BarrierTest.cpp - Barriers of blocks and clusters ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cusim::testing {
namespace {

using ::testing::HasSubstr;

/// Reverses the block's values `turns` times through shared memory.
void reverseKernel(Strand *strand) {
  uint32_t size = strand->ntid[0];
  uint64_t own[WarpSize], mirrored[WarpSize], out[WarpSize];
  uint32_t values[WarpSize] = {};
  for (unsigned lane = 0; lane < strand->width; ++lane) {
    uint32_t thread = threadIndex(strand, lane);
    own[lane] = sharedAddress(4 * thread);
    mirrored[lane] = sharedAddress(4 * (size - 1 - thread));
    out[lane] = parameter(strand, 0) + 4 * globalIndex(strand, lane);
    values[lane] = globalIndex(strand, lane);
  }
  for (uint64_t turn = 0; turn < parameter(strand, 1); ++turn) {
    cusim_scatter(strand, strand->live, own, values, 4, 1, 1, 0);
    synchronize(strand, 1);
    cusim_gather(strand, strand->live, mirrored, values, 4, 1, 0, 2);
    synchronize(strand, 3);
  }
  cusim_scatter(strand, strand->live, out, values, 4, 1, 1, 4);
}

struct Case {
  unsigned width;
  uint64_t seed;
};

class BarrierTest : public ::testing::TestWithParam<Case> {
protected:
  Options options() const {
    Options options = ofWidth(GetParam().width);
    options.schedule.seed = GetParam().seed;
    options.sharedBytes = 4096;
    return options;
  }
};

TEST_P(BarrierTest, SeparatesStoresFromLoads) {
  for (uint32_t size : {1u, 32u, 48u, 256u, 1000u, 1024u}) {
    Simulator simulator(reverseKernel, options());
    uint64_t out = simulator.upload(std::vector<uint32_t>(3 * size));
    LaunchReport report = simulator.launch(3, size, {out, 7});
    EXPECT_FALSE(report.isFaulted) << textOf(report);
    std::vector<uint32_t> values = simulator.download<uint32_t>(out, 3 * size);
    for (uint32_t i = 0; i < values.size(); ++i)
      ASSERT_EQ(values[i], i / size * size + size - 1 - i % size) << size;
  }
}

/// Threads from `first` on have returned when the others meet.
void earlyReturnKernel(Strand *strand) {
  uint32_t stays = 0;
  for (unsigned lane = 0; lane < strand->width; ++lane)
    if (threadIndex(strand, lane) < parameter(strand, 0))
      stays |= 1u << lane;
  strand->live &= stays;
  if (!strand->live)
    return;
  synchronize(strand);
  synchronize(strand);
}

TEST_P(BarrierTest, GoesOnWithoutThreadsThatReturned) {
  Simulator simulator(earlyReturnKernel, options());
  for (uint64_t first : {1, 32, 40, 100, 128}) {
    LaunchReport report = simulator.launch(2, 128, {first});
    EXPECT_TRUE(report.findings.empty()) << first << textOf(report);
  }
}

/// out[kind - 2] = the reduction of `thread < limit`.
void reduceKernel(Strand *strand) {
  for (uint32_t kind = 2; kind <= 4; ++kind) {
    uint32_t predicates = 0;
    for (unsigned lane = 0; lane < strand->width; ++lane)
      if (threadIndex(strand, lane) < parameter(strand, 1))
        predicates |= 1u << lane;
    uint32_t result =
        cusim_barrier(strand, strand->live, 3, 0, kind, predicates, 1, 0);
    uint64_t address =
        parameter(strand, 0) +
        4 * (3 * (strand->warp * WarpSize + strand->lane) + kind - 2);
    storeWord(strand, address, result);
  }
}

TEST_P(BarrierTest, Reduces) {
  for (uint32_t limit : {0u, 1u, 37u, 128u}) {
    Simulator simulator(reduceKernel, options());
    uint64_t out = simulator.upload(std::vector<uint32_t>(3 * 128, ~0u));
    LaunchReport report = simulator.launch(1, 128, {out, limit});
    EXPECT_FALSE(report.isFaulted) << textOf(report);
    std::vector<uint32_t> values = simulator.download<uint32_t>(out, 3 * 128);
    for (uint32_t thread = 0; thread < 128; thread += GetParam().width) {
      EXPECT_EQ(values[3 * thread], limit);
      EXPECT_EQ(values[3 * thread + 1], limit == 128);
      EXPECT_EQ(values[3 * thread + 2], limit > 0);
    }
  }
}

/// Warp 0 produces for warp 1 by barriers 1 (full) and 2 (empty), which neither
/// side waits for longer than it must.
void pipelineKernel(Strand *strand) {
  constexpr uint32_t Full = 1, Empty = 2;
  bool isProducer = strand->warp == 0;
  uint32_t sum = 0;
  for (uint32_t turn = 0; turn < 20; ++turn) {
    uint32_t lane = strand->lane;
    uint64_t slot = sharedAddress(4 * (turn % 2 * WarpSize + lane));
    if (isProducer) {
      if (turn >= 2)
        cusim_barrier(strand, strand->live, Empty + turn % 2 * 2, 64, 0, 0, 1,
                      3);
      storeWord(strand, slot, turn);
      cusim_barrier(strand, strand->live, Full + turn % 2 * 2, 64, 1, 0, 1, 4);
    } else {
      cusim_barrier(strand, strand->live, Full + turn % 2 * 2, 64, 0, 0, 1, 5);
      sum += loadWord(strand, slot);
      if (turn < 18)
        cusim_barrier(strand, strand->live, Empty + turn % 2 * 2, 64, 1, 0, 1,
                      6);
    }
  }
  if (!isProducer)
    storeWord(strand, parameter(strand, 0) + 4 * strand->lane, sum);
}

TEST_P(BarrierTest, CountsThreadsOfNamedBarriers) {
  Simulator simulator(pipelineKernel, options());
  uint64_t out = simulator.upload(std::vector<uint32_t>(32, 0));
  LaunchReport report = simulator.launch(1, 64, {out});
  EXPECT_TRUE(report.findings.empty()) << textOf(report);
  EXPECT_EQ(simulator.download<uint32_t>(out, 1)[0], 190u);
}

/// Every block adds its rank to a word of each block of the cluster.
void clusterKernel(Strand *strand) {
  bool isFirst = strand->warp == 0 && strand->lane == 0;
  uint32_t rank = strand->clusterCtaid[0];
  uint32_t blocks = strand->clusterNctaid[0];
  if (isFirst)
    for (uint32_t i = 0; i < blocks; ++i)
      storeWord(strand, sharedAddress(4 * i), 0);
  cusim_cluster_arrive(strand, strand->live, 1, 3);
  cusim_cluster_wait(strand, strand->live, 1, 4);
  if (isFirst)
    for (uint64_t other = 0; other < blocks; ++other)
      storeWord(strand,
                sharedAddress((other + 1) << SharedRankShift | 4 * rank),
                100 + rank);
  cusim_cluster_arrive(strand, strand->live, 1, 5);
  cusim_cluster_wait(strand, strand->live, 1, 6);
  uint32_t sum = 0;
  if (isFirst)
    for (uint32_t i = 0; i < blocks; ++i)
      sum += loadWord(strand, sharedAddress(4 * i));
  cusim_cluster_arrive(strand, strand->live, 1, 7);
  cusim_cluster_wait(strand, strand->live, 1, 8);
  if (isFirst)
    storeWord(strand, parameter(strand, 0) + 4 * strand->ctaid[0], sum);
}

TEST_P(BarrierTest, JoinsTheBlocksOfACluster) {
  Simulator simulator(clusterKernel, options());
  uint64_t out = simulator.upload(std::vector<uint32_t>(12));
  LaunchReport report = simulator.launch(
      {.grid = {12, 1, 1}, .block = {64, 1, 1}, .cluster = {4, 1, 1}}, {out});
  EXPECT_TRUE(report.findings.empty()) << textOf(report);
  EXPECT_THAT(simulator.download<uint32_t>(out, 12), ::testing::Each(406u));
}

/// A barrier of the whole grid: the last block to come opens the gate.
void gridKernel(Strand *strand) {
  uint64_t counter = parameter(strand, 0);
  if (strand->warp == 0 && strand->lane == 0) {
    uint64_t one = 1, old;
    cusim_atomic(strand, 1, &counter, uint32_t(AtomicOperation::Add),
                 uint32_t(ptx::Type::U32), &one, nullptr, &old, 0);
    while (loadWord(strand, counter, 1) < strand->nctaid[0])
      cusim_yield(strand);
  }
  synchronize(strand);
}

TEST_P(BarrierTest, RunsAllBlocksOfACooperativeGrid) {
  Simulator simulator(gridKernel, options());
  uint64_t counter = simulator.upload(std::vector<uint32_t>(1, 0));
  LaunchReport report = simulator.launch(
      {.grid = {200, 1, 1}, .block = {64, 1, 1}, .isCooperative = true},
      {counter});
  EXPECT_TRUE(report.findings.empty()) << textOf(report);
}

TEST_P(BarrierTest, StartsMoreBlocksWhenThoseThatLiveSpin) {
  Simulator simulator(gridKernel, options());
  uint64_t counter = simulator.upload(std::vector<uint32_t>(1, 0));
  LaunchReport report = simulator.launch(100, 32, {counter});
  EXPECT_TRUE(report.findings.empty()) << textOf(report);
}

INSTANTIATE_TEST_SUITE_P(Schedules, BarrierTest,
                         ::testing::Values(Case{1, 0}, Case{1, 1}, Case{1, 2},
                                           Case{32, 0}, Case{32, 1},
                                           Case{32, 2}),
                         [](const auto &info) {
                           return "width" + std::to_string(info.param.width) +
                                  "seed" + std::to_string(info.param.seed);
                         });

} // namespace
} // namespace weft::cusim::testing
