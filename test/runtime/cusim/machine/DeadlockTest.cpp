//===- DeadlockTest.cpp - What never ends ---------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"
#include "runtime/cusim/machine/Async.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace weft::cusim::testing {
namespace {

using ::testing::HasSubstr;

/// Warps wait at barriers of their own number.
void crossedKernel(Strand *strand) {
  cusim_barrier(strand, strand->live, strand->warp, 0, 0, 0, 1, strand->warp);
}

TEST(DeadlockTest, NamesWhoWaitsWhereAtOnce) {
  for (unsigned width : {1u, 32u}) {
    Options options = ofWidth(width);
    options.schedule.timeout = 0;
    Simulator simulator(crossedKernel, options);
    LaunchReport report = simulator.launch(2, 64, {});
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_TRUE(report.isFaulted);
    EXPECT_EQ(report.findings[0].kind, Report::Kind::Timeout);
    std::string text = textOf(report);
    const char *who = width == 1
                          ? "32 threads of block (0,0,0), the first thread "
                            "(32,0,0), wait at barrier 1, at `site1` (line 2)"
                          : "1 warp of block (0,0,0), the first the warp of "
                            "thread (32,0,0), waits at barrier 1, at `site1` "
                            "(line 2)";
    EXPECT_THAT(text, HasSubstr(who));
    // The device works on.
    EXPECT_EQ(textOf(simulator.launch(1, 32, {})), "");
  }
}

/// The lower half of each warp is at another barrier instruction.
void divergentKernel(Strand *strand) {
  uint32_t low = 0;
  for (unsigned lane = 0; lane < strand->width; ++lane)
    if (strand->lane + lane < 16)
      low |= 1u << lane;
  for (uint32_t arm : {low, strand->live & ~low})
    if (arm)
      cusim_barrier(strand, arm, 0, 0, 0, 0, 1, arm == low ? 3 : 4);
}

TEST(DeadlockTest, FindsDivergentBarriers) {
  for (unsigned width : {1u, 32u}) {
    Simulator simulator(divergentKernel, ofWidth(width));
    LaunchReport report = simulator.launch(1, 64, {});
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].kind, Report::Kind::BarrierDivergence);
    EXPECT_THAT(textOf(report),
                HasSubstr(width == 1
                              ? "lanes of the same warp wait at `site3` "
                                "(line 4)"
                              : "only lanes 0x0000ffff of 0xffffffff that live "
                                "reach it together"));
  }
}

/// One warp counts 64 threads, the other 96.
void countsKernel(Strand *strand) {
  cusim_barrier(strand, strand->live, 1, 64 + 32 * strand->warp, 0, 0, 1, 3);
}

TEST(DeadlockTest, RefusesDifferentCounts) {
  Simulator simulator(countsKernel, ofWidth(32));
  EXPECT_THAT(
      textOf(simulator.launch(1, 64, {})),
      HasSubstr("it expects 96 threads, but those that wait at the same "
                "barrier expect 64"));
}

void badBarrierKernel(Strand *strand) {
  cusim_barrier(strand, strand->live,
                static_cast<uint32_t>(parameter(strand, 0)),
                static_cast<uint32_t>(parameter(strand, 1)), 0, 0, 1, 3);
}

TEST(DeadlockTest, RefusesBadBarriers) {
  Simulator simulator(badBarrierKernel, ofWidth(32));
  EXPECT_THAT(textOf(simulator.launch(1, 64, {16, 0})),
              HasSubstr("barrier 16 of 0 threads"));
  EXPECT_THAT(textOf(simulator.launch(1, 64, {1, 40})),
              HasSubstr("barrier 1 of 40 threads"));
}

void endlessKernel(Strand *strand) {
  if (strand->warp == 0)
    for (;;)
      cusim_yield(strand);
  cusim_barrier(strand, strand->live, 0, 0, 0, 0, 1, 3);
}

TEST(DeadlockTest, EndsLoopsAtTheTimeLimit) {
  for (unsigned threads : {1u, 2u}) {
    Options options = ofWidth(1);
    options.schedule.timeout = 0.05;
    options.schedule.threads = threads;
    Simulator simulator(endlessKernel, options);
    auto begin = std::chrono::steady_clock::now();
    LaunchReport report = simulator.launch(4, 64, {});
    EXPECT_LT(std::chrono::steady_clock::now() - begin,
              std::chrono::seconds(10));
    ASSERT_EQ(report.findings.size(), 1u);
    EXPECT_EQ(report.findings[0].kind, Report::Kind::Timeout);
    EXPECT_THAT(textOf(report), HasSubstr("it loops, and the time limit"));
    EXPECT_THAT(textOf(report), HasSubstr("32 threads of block"));
  }
}

TEST(DeadlockTest, LetsAProcessExit) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        std::thread([] {
          Options options = ofWidth(1);
          options.schedule.timeout = 0;
          options.schedule.threads = 2;
          Simulator(endlessKernel, options).launch(4, 64, {});
        }).detach();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

/// Every thread waits for a word that thread 0 may change (p0) or not.
void memoryKernel(Strand *strand) {
  static int word;
  if (threadIndex(strand) == 0) {
    word = 0;
    if (parameter(strand, 0)) {
      synchronize(strand);
      word = 1;
      wake(strand, &word);
      return;
    }
  }
  synchronize(strand);
  while (!word)
    waitFor(strand, &word, 5);
}

TEST(DeadlockTest, FindsWaitsForMemoryThatNobodyEnds) {
  Options options = ofWidth(1);
  options.schedule.timeout = 0;
  Simulator simulator(memoryKernel, options);
  EXPECT_EQ(textOf(simulator.launch(1, 64, {1})), "");
  LaunchReport report = simulator.launch(1, 64, {0});
  EXPECT_THAT(
      textOf(report),
      HasSubstr("64 threads of block (0,0,0), the first thread (0,0,0), "
                "wait for an mbarrier or a copy, at `site5` (line 6)"));
}

/// Calls that nest until the stack ends.
[[gnu::noinline]] uint64_t recurse(Strand *strand, uint64_t depth) {
  cusim_check_stack(strand, 3);
  if (depth == uint64_t(1) << 40)
    return 0;
  volatile uint64_t frame[64];
  frame[depth % 64] = depth;
  return recurse(strand, depth + 1) + frame[depth % 64];
}

void deepKernel(Strand *strand) { recurse(strand, 0); }

TEST(DeadlockTest, FindsEndlessRecursion) {
  Simulator simulator(deepKernel, ofWidth(1));
  EXPECT_THAT(textOf(simulator.launch(1, 32, {})),
              HasSubstr("the stack is used up"));
}

} // namespace
} // namespace weft::cusim::testing
