//===- RaceTest.cpp - Races and uninitialised shared memory ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each kernel takes a number: 0 is the clean one, others have a bug each that
// must be caught. Clean ones run under many schedules.
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"
#include "runtime/cusim/machine/Async.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cusim::testing {
namespace {

using ::testing::HasSubstr;

Options checked(uint64_t seed = 0) {
  Options options = ofWidth(1);
  options.compile.checkRaces = true;
  options.schedule.seed = seed;
  options.sharedBytes = 8192;
  return options;
}

LaunchReport run(KernelFunction kernel, uint64_t bug, uint32_t block = 64,
                 uint64_t seed = 0) {
  Simulator simulator(kernel, checked(seed));
  uint64_t memory = simulator.upload(std::vector<uint32_t>(64, 1));
  return simulator.launch(3, block, {bug, memory});
}

void expectClean(KernelFunction kernel, uint32_t block = 64) {
  for (uint64_t seed = 0; seed < 8; ++seed) {
    LaunchReport report = run(kernel, 0, block, seed);
    EXPECT_TRUE(report.findings.empty()) << "seed " << seed << "\n"
                                         << textOf(report);
  }
}

void expectFinding(KernelFunction kernel, uint64_t bug, Report::Kind kind,
                   const char *text, uint32_t block = 64) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    LaunchReport report = run(kernel, bug, block, seed);
    ASSERT_FALSE(report.findings.empty()) << "seed " << seed;
    EXPECT_FALSE(report.isFaulted);
    bool isFound = false;
    for (const Report &finding : report.findings)
      isFound |= finding.kind == kind;
    EXPECT_TRUE(isFound) << textOf(report);
    if (seed == 0)
      EXPECT_THAT(textOf(report), HasSubstr(text));
  }
}

uint64_t bugOf(const Strand *strand) { return parameter(strand, 0); }

void synchronizeWarp(Strand *strand, uint32_t members = ~0u) {
  cusim_collective(
      strand, 1, [](const Collective &) {}, 0, &members, nullptr, 0, nullptr, 0,
      9);
}

/// Threads exchange values through shared memory, twice. Bug 1: no barrier
/// after the stores; 2: none before the next stores.
void exchangeKernel(Strand *strand) {
  uint32_t size = strand->ntid[0], thread = threadIndex(strand);
  for (uint32_t turn = 0; turn < 2; ++turn) {
    storeWord(strand, sharedAddress(4 * thread), turn, 0);
    if (bugOf(strand) != 1)
      synchronize(strand);
    loadWord(strand, sharedAddress(4 * ((thread + 40) % size)), 1);
    if (bugOf(strand) != 2)
      synchronize(strand);
  }
}

TEST(RaceTest, MissingBarriers) {
  expectClean(exchangeKernel);
  expectClean(exchangeKernel, 48);
  expectFinding(exchangeKernel, 1, Report::Kind::RaceHazard, "site");
  expectFinding(exchangeKernel, 2, Report::Kind::RaceHazard,
                "Race reported at __shared__ write of size 4 bytes\n"
                "    at kernel (line 1: site0)\n"
                "    by thread (39,0,0) in block (0,0,0)\n"
                "    Address 0x10000000000009c: thread (63,0,0) reads it at "
                "`site1` (line 2) with no barrier in between");
}

/// Bug 1: all threads write one word; 2: they read what nobody wrote.
void wordKernel(Strand *strand) {
  if (threadIndex(strand) == 0 || bugOf(strand) == 1)
    if (bugOf(strand) != 2)
      storeWord(strand, sharedAddress(128), 7, 3);
  synchronize(strand);
  loadWord(strand, sharedAddress(128), 4);
  synchronize(strand);
  // Read by all, written by one.
  if (threadIndex(strand) == 33)
    storeWord(strand, sharedAddress(128), 8, 5);
}

TEST(RaceTest, OneWord) {
  expectClean(wordKernel);
  expectFinding(wordKernel, 1, Report::Kind::RaceHazard,
                "thread (0,0,0) "
                "writes it at `site3` (line 4)");
  expectFinding(wordKernel, 2, Report::Kind::UninitializedRead,
                "Uninitialized __shared__ read of size 4 bytes\n"
                "    at kernel (line 5: site4)");
}

void storeBytes(Strand *strand, uint64_t offset, uint32_t bytes,
                uint32_t site) {
  uint64_t address = sharedAddress(offset), value = 1;
  cusim_scatter(strand, 1, &address, &value, bytes, 1, 1, site);
}

/// Each thread writes a byte beside its neighbours'. Bug 1: two bytes, one of
/// them the neighbour's; 2: one byte is left out, and all are read as words.
void byteKernel(Strand *strand) {
  uint32_t thread = threadIndex(strand);
  storeWord(strand, sharedAddress(1024 + 4 * (thread / 4 * 4)), 0);
  synchronize(strand);
  if (bugOf(strand) != 2 || thread != 5)
    storeBytes(strand, thread, 1, 3);
  if (bugOf(strand) == 1 && thread == 6)
    storeBytes(strand, 6, 2, 4);
  synchronize(strand);
  if (thread % 4 == 0)
    loadWord(strand, sharedAddress(thread), 5);
}

TEST(RaceTest, NeighbouringBytesAreNone) {
  Simulator simulator(byteKernel, checked());
  for (uint64_t seed = 0; seed < 4; ++seed) {
    LaunchReport report = run(byteKernel, 0, 64, seed);
    // The stores of words before, four threads each, are meant to race.
    ASSERT_EQ(report.findings.size(), 1u) << textOf(report);
    EXPECT_EQ(report.findings[0].line, 2u);
  }
  LaunchReport report = run(byteKernel, 1);
  ASSERT_EQ(report.findings.size(), 2u) << textOf(report);
  EXPECT_EQ(report.findings[1].kind, Report::Kind::RaceHazard);
  report = run(byteKernel, 2);
  ASSERT_EQ(report.findings.size(), 2u) << textOf(report);
  EXPECT_EQ(report.findings[1].kind, Report::Kind::UninitializedRead);
}

/// Lanes exchange values within their warp. Bug 1: across warps; 2: without
/// bar.warp.sync; 3: with one of half of the lanes only.
void warpKernel(Strand *strand) {
  uint32_t thread = threadIndex(strand);
  uint32_t other = bugOf(strand) == 1 ? thread ^ 32 : thread ^ 31;
  for (uint32_t turn = 0; turn < 2; ++turn) {
    storeWord(strand, sharedAddress(4 * thread), turn, 3);
    if (bugOf(strand) == 3) {
      if (strand->lane < 16)
        synchronizeWarp(strand, 0xffff);
    } else if (bugOf(strand) != 2) {
      synchronizeWarp(strand);
    }
    if (bugOf(strand) == 0 || turn == 1)
      loadWord(strand, sharedAddress(4 * other), 4);
    if (bugOf(strand) != 2)
      synchronizeWarp(strand);
  }
}

TEST(RaceTest, WarpsSynchronizeAlone) {
  expectClean(warpKernel);
  for (uint64_t bug : {1, 2, 3})
    for (uint64_t seed = 0; seed < 4; ++seed) {
      LaunchReport report = run(warpKernel, bug, 64, seed);
      EXPECT_FALSE(report.findings.empty()) << bug;
    }
}

/// Halves of warps exchange values with their own membermask.
void halfKernel(Strand *strand) {
  uint32_t members = strand->lane < 16 ? 0xffff : 0xffff0000;
  uint32_t thread = threadIndex(strand);
  storeWord(strand, sharedAddress(4 * thread), 1, 3);
  synchronizeWarp(strand, members);
  loadWord(strand, sharedAddress(4 * (thread ^ (bugOf(strand) ? 31 : 15))), 4);
}

TEST(RaceTest, PartsOfWarpsSynchronize) {
  expectClean(halfKernel);
  expectFinding(halfKernel, 1, Report::Kind::RaceHazard, "`site3` (line 4)");
}

uint64_t atomicAdd(Strand *strand, uint64_t address) {
  uint64_t one = 1, old = 0;
  cusim_atomic(strand, 1, &address, uint32_t(AtomicOperation::Add),
               uint32_t(ptx::Type::U32), &one, nullptr, &old, 5);
  return old;
}

/// Threads count together. Bug 1: one reads the count without a barrier; 2:
/// nobody sets it to zero.
void countKernel(Strand *strand) {
  uint64_t counter = sharedAddress(64);
  if (threadIndex(strand) == 0 && bugOf(strand) != 2)
    storeWord(strand, counter, 0, 3);
  synchronize(strand);
  atomicAdd(strand, counter);
  if (bugOf(strand) != 1)
    synchronize(strand);
  loadWord(strand, counter, 4);
}

TEST(RaceTest, AtomicsAmongEachOtherAreNone) {
  expectClean(countKernel);
  expectFinding(countKernel, 1, Report::Kind::RaceHazard, "site");
  expectFinding(countKernel, 2, Report::Kind::UninitializedRead, "site5");
}

/// A flag that threads poll: strong accesses. Bug 1: stored weakly.
void flagKernel(Strand *strand) {
  uint64_t flag = sharedAddress(64);
  if (threadIndex(strand) == 0)
    storeWord(strand, flag, 0, 3);
  synchronize(strand);
  uint32_t one = 1, value = 0;
  if (threadIndex(strand) == 40)
    cusim_scatter(
        strand, 1, &flag, &one, 4, 1,
        uint32_t(bugOf(strand) ? AccessKind::Store : AccessKind::StrongStore),
        4);
  while (!value) {
    cusim_gather(strand, 1, &flag, &value, 4, 1,
                 uint32_t(AccessKind::StrongLoad), 5);
    cusim_yield(strand);
  }
}

TEST(RaceTest, StrongAccessesAreNone) {
  expectClean(flagKernel);
  expectFinding(flagKernel, 1, Report::Kind::RaceHazard, "site");
}

/// Warp 0 produces for warps 1 and 2, by barriers that name who waits. Bug 1:
/// it does not wait for the empty slot; 2: consumers do not wait for the full.
void pipelineKernel(Strand *strand) {
  for (uint32_t turn = 0; turn < 6; ++turn) {
    uint32_t stage = turn % 2;
    uint64_t slot = sharedAddress(4 * (stage * WarpSize + strand->lane));
    if (strand->warp == 0) {
      if (turn >= 2 && bugOf(strand) != 1)
        cusim_barrier(strand, 1, 3 + stage, 96, 0, 0, 1, 6);
      storeWord(strand, slot, turn, 3);
      if (bugOf(strand) != 2)
        cusim_barrier(strand, 1, 1 + stage, 96, 1, 0, 1, 7);
    } else {
      if (bugOf(strand) != 2)
        cusim_barrier(strand, 1, 1 + stage, 96, 0, 0, 1, 8);
      loadWord(strand, slot, 4);
      if (turn < 4 && bugOf(strand) != 1)
        cusim_barrier(strand, 1, 3 + stage, 96, 1, 0, 1, 9);
      // Lane i of both warps reads the same words.
      synchronizeWarp(strand);
    }
  }
}

TEST(RaceTest, NamedBarriersOrderProducersAndConsumers) {
  expectClean(pipelineKernel, 96);
  for (uint64_t seed = 0; seed < 4; ++seed) {
    EXPECT_FALSE(run(pipelineKernel, 1, 96, seed).findings.empty());
    LaunchReport report = run(pipelineKernel, 2, 96, seed);
    EXPECT_FALSE(report.findings.empty());
  }
}

struct Copy {
  uint8_t *to;
  const uint8_t *from;
};

void startCopy(Strand *strand, uint64_t to, uint64_t from) {
  Copy copy{cusim_resolve(strand, from, 0, 4, 4, 0, 6),
            AddressSpace::hostPointer(from)};
  copy.to = strand->shared + (to & 0xffffff);
  PendingOperation operation = pendingOperation(
      [](Strand *, const void *payload) {
        Copy copy;
        std::memcpy(&copy, payload, sizeof(copy));
        std::memcpy(copy.to, copy.from, 4);
      },
      copy, 6);
  operation.writes = to;
  operation.writtenBytes = 4;
  startOperation(strand, 0, AsyncQueue::Copy, operation);
}

/// Each thread copies a word, and all read it. Bug 1: without the wait; 2:
/// without the barrier; 3: the buffer is read again while it is refilled.
void copyKernel(Strand *strand) {
  uint32_t thread = threadIndex(strand);
  uint64_t own = sharedAddress(4 * thread);
  uint64_t from = parameter(strand, 1) + 4 * thread;
  startCopy(strand, own, from);
  commitGroup(strand, 1, AsyncQueue::Copy);
  if (bugOf(strand) != 1)
    waitGroups(strand, 1, AsyncQueue::Copy, 0);
  if (bugOf(strand) != 2)
    synchronize(strand);
  loadWord(strand, sharedAddress(4 * (thread ^ 33)), 4);
  synchronize(strand);
  startCopy(strand, own, from);
  if (bugOf(strand) == 3)
    loadWord(strand, own, 5);
  waitAll(strand, 1, AsyncQueue::Copy);
  loadWord(strand, own, 5);
}

TEST(RaceTest, CopiesWantAWaitAndABarrier) {
  expectClean(copyKernel);
  expectFinding(copyKernel, 1, Report::Kind::RaceHazard,
                "an asynchronous copy that was not waited for writes it");
  for (uint64_t seed = 0; seed < 4; ++seed)
    EXPECT_FALSE(run(copyKernel, 2, 64, seed).findings.empty());
  expectFinding(copyKernel, 3, Report::Kind::RaceHazard,
                "an asynchronous copy that was not waited for writes it");
}

/// A thread hands its word to the next by release and acquire.
void chainKernel(Strand *strand) {
  static const char keys[64] = {};
  static bool isDone[64];
  uint32_t thread = threadIndex(strand);
  if (thread == 0)
    std::fill_n(isDone, 64, false);
  synchronize(strand);
  if (thread > 0) {
    while (!isDone[thread - 1])
      cusim_yield(strand);
    if (bugOf(strand) == 0)
      noteAcquire(strand, 1, &keys[thread - 1]);
    loadWord(strand, sharedAddress(0), 4);
  }
  storeWord(strand, sharedAddress(0), thread, 3);
  noteRelease(strand, 1, &keys[thread]);
  isDone[thread] = true;
}

TEST(RaceTest, ReleaseAndAcquireOrder) {
  // One block at a time: the flags are static.
  for (uint64_t bug : {0, 1}) {
    Simulator simulator(chainKernel, checked());
    LaunchReport report = simulator.launch(3, 64, {bug});
    EXPECT_EQ(report.findings.empty(), bug == 0) << textOf(report);
  }
}

TEST(RaceTest, ForgetsTheBlockBefore) {
  // Shared memory that a block before wrote is not initialised.
  Simulator simulator(
      [](Strand *strand) {
        if (strand->ctaid[0] == 0)
          storeWord(strand, sharedAddress(4 * threadIndex(strand)), 1, 3);
        else
          loadWord(strand, sharedAddress(4 * threadIndex(strand)), 4);
      },
      checked());
  LaunchReport report = simulator.launch(2, 32, {});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, Report::Kind::UninitializedRead);
  EXPECT_EQ(report.findings[0].block[0], 1u);
}

} // namespace
} // namespace weft::cusim::testing
