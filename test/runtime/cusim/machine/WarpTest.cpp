//===- WarpTest.cpp - Lanes that meet -------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

namespace weft::cusim::testing {
namespace {

using ::testing::HasSubstr;

/// Each lane gets the sum of the first words of all that take part, and who
/// they are.
void sumLanes(const Collective &collective) {
  uint32_t sum = 0;
  for (uint32_t rest = collective.lanes; rest; rest &= rest - 1)
    sum += collective.operands[std::countr_zero(rest)];
  for (uint32_t rest = collective.lanes; rest; rest &= rest - 1) {
    collective.results[std::countr_zero(rest)] = sum;
    collective.results[WarpSize + std::countr_zero(rest)] = collective.lanes;
  }
}

/// Lanes of `mask` sum up their numbers; results go to p0 as pairs.
void sum(Strand *strand, uint32_t mask, const uint32_t *members, uint32_t site,
         uint32_t *results) {
  uint32_t operands[WarpSize];
  for (unsigned lane = 0; lane < strand->width; ++lane)
    operands[lane] = strand->lane + lane + 1;
  cusim_collective(strand, mask, sumLanes, 0, members, operands, 1, results, 2,
                   site);
}

void store(Strand *strand, uint32_t mask, const uint32_t *results) {
  for (; mask; mask &= mask - 1) {
    auto lane = static_cast<unsigned>(std::countr_zero(mask));
    uint64_t address = parameter(strand, 0) + 8 * threadIndex(strand, lane);
    storeWord(strand, address, results[lane]);
    storeWord(strand, address + 4, results[strand->width + lane]);
  }
}

/// Lanes sum up among those with an equal number modulo p1, and then all.
void groupKernel(Strand *strand) {
  uint32_t members[WarpSize], results[2 * WarpSize];
  auto groups = static_cast<uint32_t>(parameter(strand, 1));
  for (unsigned lane = 0; lane < strand->width; ++lane) {
    members[lane] = 0;
    for (unsigned other = 0; other < WarpSize; ++other)
      if (other % groups == (strand->lane + lane) % groups)
        members[lane] |= 1u << other;
  }
  for (int turn = 0; turn < 3; ++turn) {
    sum(strand, strand->live, nullptr, 3, results);
    sum(strand, strand->live, members, 4, results);
  }
  store(strand, strand->live, results);
}

class WarpTest
    : public ::testing::TestWithParam<std::pair<unsigned, uint64_t>> {
protected:
  Options options() const {
    Options options = ofWidth(GetParam().first);
    options.schedule.seed = GetParam().second;
    return options;
  }
};

TEST_P(WarpTest, MeetsInGroups) {
  for (uint64_t groups : {1, 2, 5}) {
    Simulator simulator(groupKernel, options());
    uint64_t out = simulator.upload(std::vector<uint32_t>(2 * 80));
    LaunchReport report = simulator.launch(1, 80, {out, groups});
    ASSERT_FALSE(report.isFaulted) << textOf(report);
    std::vector<uint32_t> values = simulator.download<uint32_t>(out, 160);
    for (uint32_t thread = 0; thread < 80; ++thread) {
      uint32_t lanes = thread / 32 == 2 ? 16 : 32, expected = 0, members = 0;
      for (uint32_t lane = thread % 32 % groups; lane < lanes; lane += groups) {
        expected += lane + 1;
        members |= 1u << lane;
      }
      EXPECT_EQ(values[2 * thread], expected);
      EXPECT_EQ(values[2 * thread + 1], members);
    }
  }
}

/// Half of the lanes return; the others meet without them.
void exitKernel(Strand *strand) {
  uint32_t odd = 0, results[2 * WarpSize];
  for (unsigned lane = 0; lane < strand->width; ++lane)
    if ((strand->lane + lane) % 2)
      odd |= 1u << lane;
  strand->live &= ~odd;
  if (!strand->live)
    return;
  uint32_t members[WarpSize];
  std::fill_n(members, WarpSize, ~0u);
  sum(strand, strand->live, members, 4, results);
  store(strand, strand->live, results);
}

TEST_P(WarpTest, MeetsWithoutLanesThatReturned) {
  Simulator simulator(exitKernel, options());
  uint64_t out = simulator.upload(std::vector<uint32_t>(64));
  LaunchReport report = simulator.launch(1, 32, {out});
  ASSERT_FALSE(report.isFaulted) << textOf(report);
  EXPECT_EQ(simulator.download<uint32_t>(out, 2)[0], 256u);
  EXPECT_EQ(simulator.download<uint32_t>(out, 2)[1], 0x55555555u);
}

/// activemask in both arms of a branch.
void activeKernel(Strand *strand) {
  uint32_t low = 0;
  for (unsigned lane = 0; lane < strand->width; ++lane)
    if (strand->lane + lane < 12)
      low |= 1u << lane;
  for (uint32_t arm : {low, strand->live & ~low}) {
    if (!arm)
      continue;
    uint32_t active = cusim_active_mask(strand, arm, arm == low ? 3 : 4);
    uint32_t results[2 * WarpSize];
    std::fill_n(results, 2 * WarpSize, active);
    store(strand, arm, results);
  }
}

TEST_P(WarpTest, FindsTheActiveLanes) {
  Simulator simulator(activeKernel, options());
  uint64_t out = simulator.upload(std::vector<uint32_t>(64));
  LaunchReport report = simulator.launch(1, 32, {out});
  ASSERT_FALSE(report.isFaulted) << textOf(report);
  std::vector<uint32_t> values = simulator.download<uint32_t>(out, 64);
  EXPECT_EQ(values[0], 0xfffu);
  EXPECT_EQ(values[63], 0xfffff000u);
}

INSTANTIATE_TEST_SUITE_P(Schedules, WarpTest,
                         ::testing::Values(std::pair(1u, 0), std::pair(1u, 1),
                                           std::pair(1u, 2),
                                           std::pair(32u, 0)));

/// Both arms of a branch reach an operation of the whole warp: the same at two
/// places, which .aligned ones must not be.
template <bool IsAligned> void armsKernel(Strand *strand) {
  uint32_t members[WarpSize], results[2 * WarpSize], low = 0;
  std::fill_n(members, WarpSize, ~0u);
  for (unsigned lane = 0; lane < strand->width; ++lane)
    if (strand->lane + lane < 12)
      low |= 1u << lane;
  for (uint32_t arm : {low, strand->live & ~low})
    if (arm)
      sum(strand, arm, IsAligned ? nullptr : members, arm == low ? 3 : 4,
          results);
}

TEST(WarpDivergenceTest, MeetsFromTwoPlacesUnlessAligned) {
  Simulator loose(armsKernel<false>, ofWidth(1));
  EXPECT_EQ(textOf(loose.launch(1, 32, {})), "");
  Simulator aligned(armsKernel<true>, ofWidth(1));
  LaunchReport report = aligned.launch(1, 32, {});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, Report::Kind::BarrierDivergence);
  EXPECT_THAT(textOf(report),
              HasSubstr("12 threads of block (0,0,0), the first thread "
                        "(0,0,0), wait for lanes of their warp, at `site3` "
                        "(line 4)"));
  EXPECT_THAT(textOf(report), HasSubstr("20 threads of block (0,0,0), the "
                                        "first thread (12,0,0)"));
}

TEST(WarpDivergenceTest, NeedsAllMembersAtWidth32) {
  Simulator simulator(armsKernel<true>, ofWidth(32));
  LaunchReport report = simulator.launch(1, 32, {});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, Report::Kind::BarrierDivergence);
  EXPECT_THAT(textOf(report), HasSubstr("only lanes 0x00000fff come together "
                                        "of the members 0xffffffff"));
}

/// A lane that leaves itself out of its membermask.
void outsiderKernel(Strand *strand) {
  uint32_t members[WarpSize], results[2 * WarpSize];
  std::fill_n(members, WarpSize, 0xfffffffe);
  sum(strand, strand->live, members, 3, results);
}

TEST(WarpDivergenceTest, RefusesLanesOutsideOfTheirMask) {
  for (unsigned width : {1u, 32u}) {
    Simulator simulator(outsiderKernel, ofWidth(width));
    LaunchReport report = simulator.launch(1, 32, {});
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].kind, Report::Kind::IllegalInstruction);
    EXPECT_THAT(textOf(report), HasSubstr("own membermask 0xfffffffe"));
  }
}

} // namespace
} // namespace weft::cusim::testing
