//===- Block.h - Strands of a block, and where they meet --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_BLOCK_H
#define RUNTIME_CUSIM_MACHINE_BLOCK_H

#include "runtime/cusim/machine/AsyncQueues.h"
#include "runtime/cusim/machine/Barrier.h"
#include "runtime/cusim/machine/Fiber.h"
#include "runtime/cusim/machine/Launch.h"
#include "runtime/cusim/machine/Strand.h"
#include "runtime/cusim/machine/WarpMeeting.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace weft::cusim {

class Core;
class RaceCheck;
struct Cluster;

/// What a strand waits for; for the report of a deadlock.
enum class Waiting : uint8_t {
  Nothing, ///< runs, or can; of a barrier that completed: not before it runs
  Barrier,
  Warp,
  ClusterBarrier,
  Memory, ///< waitFor
  Done,
};

/// A strand with its stack.
struct alignas(64) Fiber : Strand {
  uint32_t site;
  /// What the barrier computed, or whether waitFor was woken.
  uint32_t result;
  Waiting waiting;
  BarrierKind barrierKind;
  uint8_t barrier;
  /// Without a top: it has not begun.
  Stack stack;
  const void *key;
  /// One more than the cluster's phase that it arrived in last.
  uint32_t clusterPhase;
  /// The block's; null without the check.
  RaceCheck *races;
};

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winvalid-offsetof"
static_assert(offsetof(Fiber, warp) % 64 == 0 &&
                  offsetof(Fiber, key) - offsetof(Fiber, warp) == 64,
              "what a switch touches is one line");
#pragma clang diagnostic pop

constexpr unsigned BarrierCount = 16;
constexpr unsigned MaxWarps = 32;

class Block {
public:
  Block();
  ~Block();

  /// Makes the strands ready to run a block of a grid, at `index` in it.
  /// False: the system has no memory left.
  bool begin(Core &core, Launch &launch, const uint32_t index[3],
             Cluster &cluster, uint32_t rank);
  /// A strand's function returned.
  void finish(Fiber &fiber);
  /// Gives all stacks back, after the last strand ended or was abandoned.
  void end();

  uint32_t arriveAtBarrier(Fiber &fiber, uint32_t mask, uint32_t barrier,
                           uint32_t threads, BarrierKind kind, uint32_t values,
                           bool isAligned, uint32_t site);

  /// bar.sync of all threads, by all lanes of a strand.
  void arriveAndSuspend(Fiber &fiber, Barrier &barrier, uint32_t number,
                        uint32_t site);
  /// The same with all that it may have to care for.
  [[gnu::noinline]] void syncSlowly(Fiber &fiber, uint32_t number,
                                    uint32_t site);

  /// Width 1: the thread will not come to the aligned barrier at `site`.
  void passBarrier(Fiber &fiber, uint32_t site);

  /// Number of the block in the grid.
  uint64_t linearIndex() const;

  Core *core = nullptr;
  Launch *launch = nullptr;
  Cluster *cluster = nullptr;
  uint32_t rank = 0;
  uint8_t *shared = nullptr;
  uint32_t sharedBytes = 0;
  std::vector<Fiber> strands;
  uint32_t liveStrands = 0;
  /// No check of races, no random order and no thread that passed a barrier:
  /// bar.sync needs little.
  bool hasPlainBarriers = false;
  /// Lanes of each warp that exist and did not end; kept at width 1.
  uint32_t liveLanes[MaxWarps] = {};
  WarpMeeting *meetings[MaxWarps] = {};
  Barrier barriers[BarrierCount];
  AsyncQueues async;
  std::unique_ptr<RaceCheck> races;

private:
  void configure();
  bool reserveMemory();
  void complete(Barrier &barrier, Fiber *last);
  void completeBarriersAfterExit(Fiber &fiber);

  /// Warps that have threads which passed a barrier, by its site.
  std::map<uint32_t, uint32_t> passedBarriers;

  /// Bits of barriers that are not idle.
  uint32_t activeBarriers = 0;

  /// The launch that the strands were last set up for.
  uint64_t launchId = 0;
  uint32_t configuredBlock[3] = {0, 0, 0};
  uint32_t configuredWidth = 0;
  uint8_t *sharedMemory = nullptr;
  uint64_t sharedCapacity = 0;
  uint8_t *localMemory = nullptr;
  uint64_t localCapacity = 0;
};

/// The blocks of a unit.
struct Cluster {
  /// The first `blockCount` are in use.
  std::vector<std::unique_ptr<Block>> blocks;
  uint32_t blockCount = 0;
  uint32_t liveStrands = 0;
  /// barrier.cluster: strands that arrived in this phase, and those that wait.
  uint32_t arrived = 0;
  uint32_t phase = 0;
  std::vector<Fiber *> waiters;

  void begin(uint32_t strandCount) {
    liveStrands = strandCount;
    arrived = phase = 0;
    waiters.clear();
  }
  void complete(Core &core);
  void completeAfterExit(Fiber &fiber);
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_BLOCK_H
