//===- Block.cpp - Strands of a block, and where they meet ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Block.h"
#include "runtime/cusim/machine/Core.h"
#include "runtime/cusim/machine/RaceCheck.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

namespace weft::cusim {
namespace {

constexpr uint64_t SharedAlignment = 1024;
constexpr uint64_t LocalAlignment = 16;
constexpr uint64_t PageBytes = 4096;

uint64_t roundUp(uint64_t bytes, uint64_t multiple) {
  return (bytes + multiple - 1) / multiple * multiple;
}

} // namespace

Block::Block() = default;

Block::~Block() {
  std::free(sharedMemory);
  if (localMemory)
    munmap(localMemory, localCapacity);
}

uint64_t Block::linearIndex() const {
  const Fiber &first = strands.front();
  return first.ctaid[0] +
         uint64_t(first.nctaid[0]) *
             (first.ctaid[1] + uint64_t(first.nctaid[1]) * first.ctaid[2]);
}

bool Block::reserveMemory() {
  if (launch->sharedBytes > sharedCapacity) {
    std::free(sharedMemory);
    sharedCapacity = roundUp(launch->sharedBytes, 16 * SharedAlignment);
    // Slack on both sides, for what misses by a little without checks.
    sharedMemory = static_cast<uint8_t *>(std::aligned_alloc(
        SharedAlignment, sharedCapacity + 2 * SharedAlignment));
    if (!sharedMemory) {
      sharedCapacity = 0;
      return false;
    }
    std::memset(sharedMemory, 0xcd, sharedCapacity + 2 * SharedAlignment);
  }
  uint64_t localBytes = launch->threadsPerBlock *
                        roundUp(launch->kernel.localBytes, LocalAlignment);
  if (localBytes <= localCapacity)
    return true;
  if (localMemory)
    munmap(localMemory, localCapacity);
  localCapacity = roundUp(localBytes, PageBytes);
  void *memory = mmap(nullptr, localCapacity, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  bool isReserved = memory != MAP_FAILED;
  localMemory = isReserved ? static_cast<uint8_t *>(memory) : nullptr;
  localCapacity = isReserved ? localCapacity : 0;
  return isReserved;
}

/// What stays the same for all blocks of a launch.
void Block::configure() {
  const LaunchParameters &parameters = launch->parameters;
  uint32_t width = launch->compileOptions.width;
  bool isSameShape =
      width == configuredWidth && strands.size() == launch->strandsPerBlock &&
      std::equal(configuredBlock, configuredBlock + 3, parameters.block);
  if (!isSameShape) {
    strands.assign(launch->strandsPerBlock, Fiber());
    std::copy_n(parameters.block, 3, configuredBlock);
    configuredWidth = width;
  }
  uint64_t localStride = roundUp(launch->kernel.localBytes, LocalAlignment);
  for (uint32_t i = 0; i < strands.size(); ++i) {
    Fiber &fiber = strands[i];
    uint32_t thread = i * width;
    fiber.parameters = static_cast<const uint8_t *>(parameters.parameters);
    fiber.sharedBytes = launch->sharedBytes;
    fiber.dynamicSharedOffset = launch->dynamicSharedOffset;
    fiber.local = localMemory + thread * localStride;
    fiber.localStride = localStride;
    fiber.variables = launch->module.variableAddresses();
    fiber.gridid = launch->id;
    fiber.gridBarrier = launch->gridBarrier;
    fiber.block = this;
    fiber.shared = shared;
    for (unsigned axis = 0; axis < 3; ++axis) {
      fiber.nctaid[axis] = parameters.grid[axis];
      fiber.nclusterid[axis] = launch->units[axis];
      fiber.clusterNctaid[axis] = parameters.cluster[axis];
    }
    if (isSameShape)
      continue;
    fiber.width = width;
    fiber.warp = thread / WarpSize;
    fiber.lane = thread % WarpSize;
    for (uint32_t lane = 0; lane < width; ++lane) {
      uint32_t index = thread + lane;
      fiber.tid[0][lane] = index % parameters.block[0];
      fiber.tid[1][lane] = index / parameters.block[0] % parameters.block[1];
      fiber.tid[2][lane] = index / parameters.block[0] / parameters.block[1];
    }
    std::copy_n(parameters.block, 3, fiber.ntid);
  }
}

bool Block::begin(Core &onCore, Launch &ofLaunch, const uint32_t index[3],
                  Cluster &inCluster, uint32_t rankInCluster) {
  core = &onCore;
  launch = &ofLaunch;
  cluster = &inCluster;
  rank = rankInCluster;
  if (launchId != launch->id) {
    if (!reserveMemory())
      return false;
    shared = sharedMemory ? sharedMemory + SharedAlignment : nullptr;
    sharedBytes = launch->sharedBytes;
    configure();
    launchId = launch->id;
  }
  uint32_t clusterIndex[3], indexInCluster[3];
  for (unsigned axis = 0; axis < 3; ++axis) {
    clusterIndex[axis] = index[axis] / launch->parameters.cluster[axis];
    indexInCluster[axis] = index[axis] % launch->parameters.cluster[axis];
  }
  uint32_t width = configuredWidth;
  // What the block before left looks too much like good data.
  if (width == 1 && sharedBytes)
    std::memset(shared, 0xcd, sharedBytes);
  if (launch->kernel.zeroSharedBytes)
    std::memset(shared + launch->kernel.zeroSharedOffset, 0,
                launch->kernel.zeroSharedBytes);
  if (launch->compileOptions.checkRaces && width == 1) {
    if (!races)
      races = std::make_unique<RaceCheck>();
    races->begin(*this);
  } else {
    races.reset();
  }
  passedBarriers.clear();
  hasPlainBarriers = !races && !core->isRandom;
  uint32_t threads = launch->threadsPerBlock;
  for (uint32_t i = 0; i < strands.size(); ++i) {
    Fiber &fiber = strands[i];
    uint32_t lanes = std::min(width, threads - i * width);
    fiber.live = lanes == 32 ? ~0u : (1u << lanes) - 1;
    fiber.waiting = Waiting::Nothing;
    fiber.instructions = 0;
    fiber.clusterPhase = 0;
    fiber.result = 0;
    fiber.races = races.get();
    fiber.quietWords = races ? races->getQuietWords() : nullptr;
    fiber.raceTime = races ? races->getTime() : nullptr;
    fiber.sites = core->sites;
    fiber.smid = core->index;
    std::copy_n(index, 3, fiber.ctaid);
    std::copy_n(clusterIndex, 3, fiber.clusterid);
    std::copy_n(indexInCluster, 3, fiber.clusterCtaid);
  }
  liveStrands = static_cast<uint32_t>(strands.size());
  if (width == 1)
    for (uint32_t warp = 0; warp * WarpSize < threads; ++warp) {
      uint32_t lanes = std::min(WarpSize, threads - warp * WarpSize);
      liveLanes[warp] = lanes == 32 ? ~0u : (1u << lanes) - 1;
    }
  return true;
}

void Block::finish(Fiber &fiber) {
  fiber.waiting = Waiting::Done;
  fiber.live = 0;
  core->counters.instructions += fiber.instructions;
  core->noteProgress();
  --core->liveStrands;
  --cluster->liveStrands;
  --liveStrands;
  if (liveStrands == 0)
    async.performAll(*this);
  if (configuredWidth == 1) {
    liveLanes[fiber.warp] &= ~(1u << fiber.lane);
    if (meetings[fiber.warp])
      completeMeetingsAfterExit(*this, fiber.warp);
  }
  if (activeBarriers)
    completeBarriersAfterExit(fiber);
  cluster->completeAfterExit(fiber);
}

void Block::end() {
  for (Fiber &fiber : strands) {
    if (fiber.stack.top)
      core->stacks->giveBack(fiber.stack);
    fiber.stack = Stack();
  }
  for (Barrier &barrier : barriers)
    barrier.reset();
  activeBarriers = 0;
  // What a fault left behind.
  for (WarpMeeting *&first : meetings)
    while (WarpMeeting *meeting = first) {
      first = meeting->next;
      core->giveBackMeeting(meeting);
    }
  async.clear();
}

} // namespace weft::cusim
