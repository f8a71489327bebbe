//===- CpuTest.cpp - The CPU driver's own parts ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cpu/AvailableCpus.h"
#include "runtime/device/cpu/WorkerPool.h"

#include <gmock/gmock.h>

#include <chrono>

using namespace weft;

namespace {

TEST(AvailableCpus, ReadsCgroupLimits) {
  EXPECT_EQ(parseCpuMax("150000 100000\n"), 1.5);
  EXPECT_EQ(parseCpuMax("max 100000\n"), std::nullopt);
  EXPECT_EQ(parseCpuMax("-1 100000"), std::nullopt);
  for (const char *text :
       {"", "5", "5 ", "5 0", "5 x", "99999999999999999999 1", "1\t1", " 1 1"})
    EXPECT_EQ(parseCpuMax(text), std::nullopt) << text;
  EXPECT_GE(availableCpus(), 1u);
}

struct Range {
  uint64_t begin, end;
};

/// Notes the range it was given in buffers[0], at its first item.
void noteRange(const WeftArgs *args, uint64_t begin, uint64_t end, void *) {
  static_cast<Range *>(args->buffers[0])[begin] = {begin, end};
}

TEST(WorkerPool, SplitsAtMultiplesOfTheChunk) {
  for (unsigned threads : {1u, 2u, 3u, 7u}) {
    WorkerPool pool(threads, threads);
    ASSERT_EQ(pool.size(), threads);
    for (uint64_t items : {1, 5, 64, 97}) {
      for (uint64_t chunk : {1, 3, 16}) {
        for (bool isDynamic : {false, true}) {
          std::vector<Range> ranges(items, {0, 0});
          void *buffers[] = {ranges.data()};
          WeftArgs args{buffers, nullptr, nullptr};
          pool.run({noteRange, &args, items, chunk, isDynamic});
          uint64_t position = 0;
          while (position != items) {
            ASSERT_EQ(position % chunk, 0u);
            ASSERT_EQ(ranges[position].begin, position);
            ASSERT_GT(ranges[position].end, position);
            position = ranges[position].end;
          }
        }
      }
    }
  }
}

TEST(WorkerPool, ShortensDynamicRangesTowardsTheEnd) {
  WorkerPool pool(2, 2);
  constexpr uint64_t items = 64;
  std::vector<Range> ranges(items, {0, 0});
  void *buffers[] = {ranges.data()};
  WeftArgs args{buffers, nullptr, nullptr};
  pool.run({noteRange, &args, items, 1, true});
  // Half of a worker's part of what is left.
  uint64_t position = 0;
  while (position != items) {
    ASSERT_EQ(ranges[position].end - position,
              std::max<uint64_t>(1, (items - position) / 4));
    position = ranges[position].end;
  }
}

void touchScratch(const WeftArgs *, uint64_t begin, uint64_t, void *scratch) {
  EXPECT_EQ(reinterpret_cast<uintptr_t>(scratch) % 64, 0u);
  static_cast<volatile char *>(scratch)[999] = static_cast<char>(begin);
}

TEST(WorkerPool, GivesEachWorkerScratch) {
  WorkerPool pool(3, 3);
  EXPECT_EQ(pool.scratchBytes(), 0u);
  ASSERT_TRUE(pool.reserveScratch(1000).isOk());
  ASSERT_TRUE(pool.reserveScratch(10).isOk());
  EXPECT_EQ(pool.scratchBytes(), 1000u);
  EXPECT_FALSE(pool.reserveScratch(uint64_t(1) << 60).isOk());
  WeftArgs args{};
  pool.run({touchScratch, &args, 64, 1, true});
  pool.run({touchScratch, &args, 64, 1, false});
}

void nothing(const WeftArgs *, uint64_t, uint64_t, void *) {}

// Shown, not judged: on a busy machine a thread waits for its turn.
TEST(WorkerPool, TellsTheTimeOfALaunch) {
  WorkerPool pool(2, availableCpus());
  WeftArgs args{};
  auto measure = [&] {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i != 2000; ++i)
      pool.run({nothing, &args, 2, 1, false});
    return std::chrono::duration<double, std::micro>(
               std::chrono::steady_clock::now() - start)
               .count() /
           2000;
  };
  pool.wake();
  double best = measure();
  for (int i = 0; i != 4; ++i)
    best = std::min(best, measure());
  pool.rest();
  RecordProperty("microseconds_per_launch", std::to_string(best));
  printf("%.3f us per launch on two workers\n", best);
}

} // namespace
