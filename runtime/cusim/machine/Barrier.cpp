//===- Barrier.cpp - Barriers of a block and of a cluster -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Barrier.h"
#include "runtime/cusim/machine/Block.h"
#include "runtime/cusim/machine/Core.h"
#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Memory.h"
#include "runtime/cusim/machine/RaceCheck.h"
#include "runtime/cusim/machine/Text.h"

#include <bit>

namespace weft::cusim {
namespace {

// Out of line: what a fault needs would make the frame of every barrier large.

[[noreturn, gnu::noinline]] void
refuseOperands(Fiber &fiber, uint32_t number, uint32_t threads, uint32_t site) {
  fault(&fiber, 0, Report::Kind::IllegalInstruction, site,
        "barrier " + std::to_string(number) + " of " + std::to_string(threads) +
            " threads, expected a number up to 15, and a multiple of 32 up to "
            "1024 threads");
}

[[noreturn, gnu::noinline]] void refuseCount(Fiber &fiber,
                                             const Barrier &barrier,
                                             uint32_t threads, uint32_t site) {
  fault(&fiber, 0, Report::Kind::BarrierDivergence, site,
        "it expects " + std::to_string(threads) +
            " threads, but those that wait at the same barrier expect " +
            std::to_string(barrier.expected) + " (0: the whole block)");
}

[[noreturn, gnu::noinline]] void
refuseSite(Fiber &fiber, const Barrier &barrier, uint32_t site) {
  fault(&fiber, 0, Report::Kind::BarrierDivergence, site,
        "lanes of the same warp wait at " +
            describeSite(*fiber.block->launch, barrier.sites[fiber.warp]));
}

[[noreturn, gnu::noinline]] void refusePassed(Fiber &fiber, uint32_t site) {
  fault(&fiber, 0, Report::Kind::BarrierDivergence, site,
        "not all lanes of the warp reach it: some went past");
}

/// At width 32 an operation of all lanes must come with all lanes.
[[gnu::noinline]] void checkConverged(Fiber &fiber, uint32_t mask,
                                      bool isAligned, uint32_t site) {
  if (mask == fiber.live)
    return;
  fault(&fiber, static_cast<unsigned>(std::countr_zero(mask)),
        Report::Kind::BarrierDivergence, site,
        isAligned
            ? "only lanes " + hexOfLanes(mask) + " of " +
                  hexOfLanes(fiber.live) + " that live reach it together"
            : "lanes " + hexOfLanes(mask) + " of " + hexOfLanes(fiber.live) +
                  " come alone: warps that arrive lane by lane need "
                  "width 1");
}

uint32_t reduce(const Barrier &barrier, BarrierKind kind) {
  switch (kind) {
  case BarrierKind::Popc:
    return barrier.trueCount;
  case BarrierKind::And:
    return barrier.falseCount == 0;
  case BarrierKind::Or:
    return barrier.trueCount != 0;
  case BarrierKind::Sync:
  case BarrierKind::Arrive:
    return 0;
  }
  return 0;
}

} // namespace

/// Lets all waiters go. `last` arrived last and does not wait, or is null.
void Block::complete(Barrier &barrier, Fiber *last) {
  core->noteProgress();
  if (races)
    races->completeBarrier(barrier, last);
  if (barrier.trueCount + barrier.falseCount > 0) {
    for (Fiber *waiter : barrier.waiters)
      waiter->result = reduce(barrier, waiter->barrierKind);
    if (last)
      last->result = reduce(barrier, last->barrierKind);
  }
  core->makeReady(barrier.waiters);
  barrier.reset();
  activeBarriers &= ~(1u << (&barrier - barriers));
}

/// What most kernels do, in few instructions: at width 1 each thread is here.
/// The last thing that a hook does.
[[gnu::always_inline]] inline void Block::arriveAndSuspend(Fiber &fiber,
                                                           Barrier &barrier,
                                                           uint32_t number,
                                                           uint32_t site) {
  fiber.barrier = static_cast<uint8_t>(number);
  fiber.barrierKind = BarrierKind::Sync;
  fiber.site = site;
  activeBarriers |= 1u << number;
  if (++barrier.arrivedStrands >= liveStrands)
    return complete(barrier, &fiber);
  barrier.waiters.push_back(&fiber);
  core->suspendAtEnd(fiber, Waiting::Barrier);
}

uint32_t Block::arriveAtBarrier(Fiber &fiber, uint32_t mask, uint32_t number,
                                uint32_t threads, BarrierKind kind,
                                uint32_t values, bool isAligned,
                                uint32_t site) {
  if (number >= BarrierCount || threads % WarpSize != 0 ||
      threads > MaxWarps * WarpSize) [[unlikely]]
    refuseOperands(fiber, number, threads, site);
  if (mask != fiber.live)
    checkConverged(fiber, mask, isAligned, site);
  Barrier &barrier = barriers[number];
  fiber.barrier = static_cast<uint8_t>(number);
  fiber.barrierKind = kind;
  fiber.site = site;
  if (barrier.isIdle()) {
    barrier.expected = threads;
    activeBarriers |= 1u << number;
  } else if (barrier.expected != threads) {
    refuseCount(fiber, barrier, threads, site);
  }
  ++barrier.arrivedStrands;
  uint32_t warpBit = 1u << fiber.warp;
  if (fiber.width == WarpSize) {
    barrier.arrivedThreads += WarpSize;
  } else if (auto passed = passedBarriers.find(site);
             isAligned && passed != passedBarriers.end() &&
             (passed->second & warpBit)) [[unlikely]] {
    refusePassed(fiber, site);
  } else if (barrier.warps & warpBit) {
    ++barrier.arrivedThreads;
    barrier.lanes[fiber.warp] |= 1u << fiber.lane;
    if (isAligned && barrier.sites[fiber.warp] != site) [[unlikely]]
      refuseSite(fiber, barrier, site);
  } else {
    barrier.warps |= warpBit;
    barrier.lanes[fiber.warp] = 1u << fiber.lane;
    barrier.sites[fiber.warp] = site;
    // Lanes that do not exist, or ended, count as arrived with this one.
    barrier.arrivedThreads +=
        1 + WarpSize -
        static_cast<uint32_t>(std::popcount(liveLanes[fiber.warp]));
  }
  if (kind >= BarrierKind::Popc) {
    uint32_t trueLanes = static_cast<uint32_t>(std::popcount(values & mask));
    barrier.trueCount += trueLanes;
    barrier.falseCount +=
        static_cast<uint32_t>(std::popcount(mask)) - trueLanes;
  }
  if (races)
    races->arrive(fiber, barrier);
  bool isComplete = threads ? barrier.arrivedThreads >= threads
                            : barrier.arrivedStrands >= liveStrands;
  if (isComplete) {
    complete(barrier, &fiber);
    if (kind != BarrierKind::Arrive)
      core->maybeYield(fiber);
    return fiber.result;
  }
  if (kind == BarrierKind::Arrive)
    return 0;
  barrier.waiters.push_back(&fiber);
  core->suspend(fiber, Waiting::Barrier);
  return fiber.result;
}

void Block::syncSlowly(Fiber &fiber, uint32_t number, uint32_t site) {
  uint32_t lanes = fiber.width == WarpSize ? ~0u : 1;
  arriveAtBarrier(fiber, lanes & fiber.live, number, 0, BarrierKind::Sync, 0,
                  /*isAligned=*/true, site);
}

void Block::passBarrier(Fiber &fiber, uint32_t site) {
  uint32_t warpBit = 1u << fiber.warp;
  for (uint32_t rest = activeBarriers; rest; rest &= rest - 1) {
    const Barrier &barrier = barriers[std::countr_zero(rest)];
    if ((barrier.warps & warpBit) && barrier.sites[fiber.warp] == site)
      refusePassed(fiber, site);
  }
  passedBarriers[site] |= warpBit;
  hasPlainBarriers = false;
}

void Block::completeBarriersAfterExit(Fiber &fiber) {
  for (uint32_t rest = activeBarriers; rest; rest &= rest - 1) {
    Barrier &barrier = barriers[std::countr_zero(rest)];
    bool isComplete = false;
    if (barrier.expected == 0) {
      isComplete = barrier.arrivedStrands >= liveStrands;
    } else if (fiber.width == 1 && (barrier.warps >> fiber.warp & 1) &&
               !(barrier.lanes[fiber.warp] >> fiber.lane & 1)) {
      isComplete = ++barrier.arrivedThreads >= barrier.expected;
    }
    if (isComplete)
      complete(barrier, nullptr);
  }
}

void Cluster::complete(Core &core) {
  core.noteProgress();
  ++phase;
  arrived = 0;
  for (uint32_t rank = 0; rank < blockCount; ++rank)
    if (blocks[rank]->races)
      blocks[rank]->races->joinAll();
  core.makeReady(waiters);
  waiters.clear();
}

void Cluster::completeAfterExit(Fiber &fiber) {
  // It arrived but will not come to wait.
  if (fiber.clusterPhase > phase)
    --arrived;
  if (arrived && arrived >= liveStrands)
    complete(*fiber.block->core);
}

extern "C" {

uint32_t cusim_barrier(Strand *strand, uint32_t mask, uint32_t barrier,
                       uint32_t threads, uint32_t kind, uint32_t values,
                       uint32_t isAligned, uint32_t site) {
  return strand->block->arriveAtBarrier(
      *static_cast<Fiber *>(strand), mask, barrier, threads,
      static_cast<BarrierKind>(kind), values, isAligned != 0, site);
}

void cusim_pass_barrier(Strand *strand, uint32_t site) {
  strand->block->passBarrier(*static_cast<Fiber *>(strand), site);
}

__attribute__((preserve_none)) void
cusim_sync_thread(Strand *strand, uint32_t number, uint32_t site) {
  auto &fiber = *static_cast<Fiber *>(strand);
  Block &block = *fiber.block;
  Barrier &barrier = block.barriers[number];
  if (!block.hasPlainBarriers || barrier.expected != 0) [[unlikely]]
    return block.syncSlowly(fiber, number, site);
  uint32_t warp = fiber.warp;
  uint32_t warpBit = 1u << warp;
  if (!(barrier.warps & warpBit)) {
    barrier.warps |= warpBit;
    barrier.lanes[warp] = 0;
    barrier.sites[warp] = site;
  } else if (barrier.sites[warp] != site) [[unlikely]] {
    refuseSite(fiber, barrier, site);
  }
  barrier.lanes[warp] |= 1u << fiber.lane;
  block.arriveAndSuspend(fiber, barrier, number, site);
}

__attribute__((preserve_none)) void
cusim_sync_warp(Strand *strand, uint32_t number, uint32_t site) {
  auto &fiber = *static_cast<Fiber *>(strand);
  Block &block = *fiber.block;
  Barrier &barrier = block.barriers[number];
  if (!block.hasPlainBarriers || fiber.live != ~0u || barrier.expected != 0)
      [[unlikely]]
    return block.syncSlowly(fiber, number, site);
  block.arriveAndSuspend(fiber, barrier, number, site);
}

void cusim_cluster_arrive(Strand *strand, uint32_t mask, uint32_t isAligned,
                          uint32_t site) {
  auto &fiber = *static_cast<Fiber *>(strand);
  checkConverged(fiber, mask, isAligned != 0, site);
  Cluster &cluster = *fiber.block->cluster;
  if (fiber.clusterPhase > cluster.phase)
    fault(strand, 0, Report::Kind::IllegalInstruction, site,
          "a second barrier.cluster.arrive without a wait in between");
  fiber.clusterPhase = cluster.phase + 1;
  if (++cluster.arrived >= cluster.liveStrands)
    cluster.complete(*fiber.block->core);
}

void cusim_cluster_wait(Strand *strand, uint32_t mask, uint32_t isAligned,
                        uint32_t site) {
  auto &fiber = *static_cast<Fiber *>(strand);
  checkConverged(fiber, mask, isAligned != 0, site);
  Cluster &cluster = *fiber.block->cluster;
  if (fiber.clusterPhase == 0)
    fault(strand, 0, Report::Kind::IllegalInstruction, site,
          "a barrier.cluster.wait without an arrive before it");
  if (fiber.clusterPhase > cluster.phase) {
    fiber.site = site;
    cluster.waiters.push_back(&fiber);
    fiber.block->core->suspend(fiber, Waiting::ClusterBarrier);
  }
}

} // extern "C"
} // namespace weft::cusim
