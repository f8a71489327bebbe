//===- AsyncTest.cpp - Operations that complete later ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Async.h"
#include "Simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cusim::testing {
namespace {

using ::testing::ElementsAre;

/// What happened, in order; one strand at a time runs.
std::vector<int> events;

PendingOperation event(int number) {
  return pendingOperation(
      [](Strand *, const void *payload) {
        int number;
        std::memcpy(&number, payload, sizeof(number));
        events.push_back(number);
      },
      number, 0);
}

template <typename Function>
std::vector<int> run(KernelFunction kernel, Function adjust) {
  events.clear();
  Options options = ofWidth(32);
  adjust(options);
  Simulator simulator(kernel, options);
  LaunchReport report = simulator.launch(1, 1, {});
  EXPECT_TRUE(report.findings.empty()) << textOf(report);
  return events;
}

void groupKernel(Strand *strand) {
  for (int group = 1; group <= 3; ++group) {
    startOperation(strand, 0, AsyncQueue::Copy, event(10 * group));
    startOperation(strand, 0, AsyncQueue::Copy, event(10 * group + 1));
    startOperation(strand, 0, AsyncQueue::Bulk, event(10 * group + 5));
    commitGroup(strand, 1, AsyncQueue::Copy);
  }
  events.push_back(1);
  waitGroups(strand, 1, AsyncQueue::Copy, 2);
  events.push_back(2);
  waitGroups(strand, 1, AsyncQueue::Copy, 5);
  startOperation(strand, 0, AsyncQueue::Copy, event(40));
  waitGroups(strand, 1, AsyncQueue::Copy, 0);
  events.push_back(3);
  waitAll(strand, 1, AsyncQueue::Copy);
  events.push_back(4);
}

TEST(AsyncTest, CompletesGroupsAtTheirWait) {
  // What nobody waited for happens at the end.
  EXPECT_THAT(run(groupKernel, [](Options &) {}),
              ElementsAre(1, 10, 11, 2, 20, 21, 30, 31, 3, 40, 4, 15, 25, 35));
}

TEST(AsyncTest, CompletesAtOnceWhenNotDeferred) {
  EXPECT_THAT(
      run(groupKernel,
          [](Options &options) { options.schedule.deferCopies = false; }),
      ElementsAre(10, 11, 15, 20, 21, 25, 30, 31, 35, 1, 2, 40, 3, 4));
}

int arrived;

/// An operation that a wait at a key completes, after what came before it.
void arriveKernel(Strand *strand) {
  arrived = 0;
  startOperation(strand, 0, AsyncQueue::Copy, event(1));
  afterPrior(strand, 0, AsyncQueue::Copy,
             pendingOperation(
                 [](Strand *running, const void *) {
                   events.push_back(2);
                   arrived = 1;
                   wake(running, &arrived);
                 },
                 0, 0));
  startOperation(strand, 0, AsyncQueue::Copy, event(3));
  events.push_back(0);
  while (!arrived)
    waitFor(strand, &arrived, 0);
  events.push_back(4);
}

TEST(AsyncTest, PerformsWhatComesBeforeAnArrival) {
  EXPECT_THAT(run(arriveKernel, [](Options &) {}), ElementsAre(0, 1, 2, 4, 3));
}

/// Operations behind no group happen when nothing else can.
void blockKernel(Strand *strand) {
  arrived = 0;
  for (int i = 1; i <= 6; ++i)
    startBlockOperation(strand, event(i));
  startBlockOperation(strand, pendingOperation(
                                  [](Strand *running, const void *) {
                                    arrived = 1;
                                    wake(running, &arrived);
                                  },
                                  0, 0));
  events.push_back(0);
  while (!arrived)
    waitFor(strand, &arrived, 0);
}

TEST(AsyncTest, OrdersBlockOperationsByTheSeed) {
  auto ordered = run(blockKernel, [](Options &) {});
  EXPECT_THAT(ordered, ElementsAre(0, 1, 2, 3, 4, 5, 6));
  auto shuffled =
      run(blockKernel, [](Options &options) { options.schedule.seed = 3; });
  EXPECT_EQ(shuffled.size(), 7u);
  EXPECT_EQ(shuffled[0], 0);
  EXPECT_NE(shuffled, ordered);
}

} // namespace
} // namespace weft::cusim::testing
