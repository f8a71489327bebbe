//===- Core.cpp - What runs the strands of blocks -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Core.h"
#include "runtime/cusim/machine/Deadlock.h"
#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Memory.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace weft::cusim {
namespace {

/// Strands that spin may wait for a block that has not begun: how many more
/// units a core starts for them.
constexpr size_t MaxUnitsForSpinning = 256;
/// Turns of strands that wait for memory, all in vain, before it is a deadlock.
constexpr uint32_t MaxFruitlessTurns = 64;
/// What hooks use of a strand's stack.
constexpr size_t HookBytes = 64 * 1024;
/// A call may use this much before another one asks again.
constexpr size_t stackReserve(unsigned width) {
  return maximumFrameBytes(width) + HookBytes;
}
/// The kernel's frame, a call's, and as much for calls in between. Only the
/// pages that are touched cost memory.
constexpr size_t stackBytes(unsigned width) {
  return 3 * maximumFrameBytes(width) + HookBytes;
}

/// Fibers never leave the thread that they began on.
thread_local Core *runningCore = nullptr;

} // namespace

Core::Core(unsigned index)
    : index(index), threadStacks(stackBytes(1)),
      warpStacks(stackBytes(WarpSize)) {}

void Core::shuffleHead() {
  if (readyCount < 2)
    return;
  size_t wrap = ready.size() - 1;
  size_t other = random.below(static_cast<uint32_t>(readyCount));
  std::swap(ready[readyHead & wrap], ready[(readyHead + other) & wrap]);
}

void Core::reserveReady(size_t strands) {
  if (strands <= ready.size())
    return;
  std::vector<Fiber *> larger(std::bit_ceil(strands));
  for (size_t i = 0; i < readyCount; ++i)
    larger[i] = ready[(readyHead + i) & (ready.size() - 1)];
  ready = std::move(larger);
  readyHead = 0;
}

/// The stack pointer to switch to; main's when there is no memory.
void *Core::beginOnNewStack(Fiber &fiber) {
  fiber.stack = stacks->take();
  if (!fiber.stack.top) {
    reportNoMemory();
    return mainStack;
  }
  fiber.stackLimit = fiber.stack.limit;
  return fiber.stack.prepare(runFibers);
}

void Core::yieldOnce(Fiber &self) {
  if (readyCount == 0)
    return;
  push(&self);
  switchAway(&self.stackPointer);
}

void Core::yield(Fiber &self) {
  if (launch->isEnded())
    abandon();
  if (launch->isPastDeadline()) {
    reportTimeout(*this, self);
    abandon();
  }
  bool isStuck = ++yieldsWithoutProgress > 16 * (liveStrands + 1);
  if (readyCount == 0 || isStuck)
    performBlockOperation();
  if (isStuck && launch->hasUnits() && clusters.size() < MaxUnitsForSpinning) {
    yieldsWithoutProgress = 0;
    wantsUnit = true;
    push(&self);
    current = nullptr;
    cusim_switch_stack(&self.stackPointer, mainStack);
    return;
  }
  yieldOnce(self);
}

void Core::abandon() {
  void *nowhere;
  current = nullptr;
  cusim_switch_stack(&nowhere, mainStack);
  __builtin_unreachable();
}

/// The flow of every fiber: one strand after the other.
void Core::runFibers() {
  Core *core = runningCore;
  for (;;) {
    Fiber &self = *core->current;
    core->launch->kernel.function(&self);
    self.block->finish(self);
    Stack stack = self.stack;
    self.stack = Stack();
    Cluster *cluster = self.block->cluster;
    bool isLast = cluster->liveStrands == 0;
    if (isLast)
      core->finished = cluster;
    Fiber *to = isLast ? nullptr : core->pop();
    core->current = to;
    // The next strand that has not begun takes this stack: kernels without
    // barriers never switch.
    if (to && !to->stack.top) {
      to->stack = stack;
      to->stackLimit = stack.limit;
      continue;
    }
    core->stacks->giveBack(stack);
    void *nowhere;
    cusim_switch_stack(&nowhere, to ? to->stackPointer : core->mainStack);
  }
}

void Core::enter(Launch &ofLaunch) {
  launch = &ofLaunch;
  isRandom = launch->options.seed != 0;
  random = Random(launch->options.seed);
  sites = launch->module.sitesOf(index);
  recentRanges.fill(SiteRange());
  counters = Counters();
  yieldsWithoutProgress = fruitlessTurns = 0;
  wantsUnit = false;
  finished = nullptr;
  runningCore = this;
  stacks = launch->compileOptions.width == 1 ? &threadStacks : &warpStacks;
}

void Core::leave() {
  // What a fault left behind.
  readyHead = readyCount = liveStrands = 0;
  while (!clusters.empty())
    endUnit(*clusters.back());
  if (launch->compileOptions.count)
    launch->addCounters(counters);
  launch = nullptr;
}

bool Core::startUnit() {
  uint64_t unit;
  if (!launch->takeUnit(unit))
    return false;
  std::unique_ptr<Cluster> cluster;
  if (unusedClusters.empty()) {
    cluster = std::make_unique<Cluster>();
  } else {
    cluster = std::move(unusedClusters.back());
    unusedClusters.pop_back();
  }
  uint32_t blocks = launch->blocksPerUnit;
  while (cluster->blocks.size() < blocks)
    cluster->blocks.push_back(std::make_unique<Block>());
  cluster->blockCount = blocks;
  cluster->begin(blocks * launch->strandsPerBlock);
  liveStrands += cluster->liveStrands;
  reserveReady(liveStrands);
  clusters.push_back(std::move(cluster));
  Cluster &started = *clusters.back();

  const uint32_t *shape = launch->parameters.cluster;
  const uint32_t *units = launch->units;
  uint32_t base[3] = {static_cast<uint32_t>(unit % units[0]),
                      static_cast<uint32_t>(unit / units[0] % units[1]),
                      static_cast<uint32_t>(unit / units[0] / units[1])};
  for (uint32_t rank = 0; rank < blocks; ++rank) {
    uint32_t index[3] = {base[0] * shape[0] + rank % shape[0],
                         base[1] * shape[1] + rank / shape[0] % shape[1],
                         base[2] * shape[2] + rank / shape[0] / shape[1]};
    Block &block = *started.blocks[rank];
    if (!block.begin(*this, *launch, index, started, rank)) {
      reportNoMemory();
      return false;
    }
    for (Fiber &fiber : block.strands)
      push(&fiber);
  }
  return true;
}

void Core::endUnit(Cluster &cluster) {
  for (uint32_t rank = 0; rank < cluster.blockCount; ++rank)
    cluster.blocks[rank]->end();
  auto found = std::find_if(clusters.begin(), clusters.end(),
                            [&](auto &live) { return live.get() == &cluster; });
  unusedClusters.push_back(std::move(*found));
  clusters.erase(found);
}

bool Core::runUnit() {
  size_t wanted = 1;
  if (launch->parameters.isCooperative)
    wanted = std::numeric_limits<size_t>::max();
  else if (isRandom)
    wanted = 1 + random.below(3);
  while (clusters.size() < wanted || wantsUnit) {
    wantsUnit = false;
    if (!startUnit())
      break;
  }
  wantsUnit = false;
  if (clusters.empty())
    return false;
  while (!launch->isEnded()) {
    if (readyCount == 0) {
      if (!findSomethingToDo()) {
        reportDeadlock(*this);
        return false;
      }
      continue;
    }
    switchAway(&mainStack);
    if (finished) {
      endUnit(*finished);
      finished = nullptr;
      return true;
    }
    if (wantsUnit)
      return true;
  }
  return false;
}

/// Called when every strand waits. False: nothing that they wait for can come.
bool Core::findSomethingToDo() {
  bool isDone = false;
  forEachBlock(
      [&](Block &block) { isDone |= completeOpenEndedMeetings(block); });
  if (isDone || performBlockOperation())
    return true;
  if (++fruitlessTurns > MaxFruitlessTurns)
    return false;
  forEachBlock([&](Block &block) {
    for (Fiber &fiber : block.strands)
      if (fiber.waiting == Waiting::Memory) {
        fiber.result = 0;
        fiber.waiting = Waiting::Nothing;
        makeReady(&fiber);
        isDone = true;
      }
  });
  return isDone;
}

bool Core::performBlockOperation() {
  // On main's stack a fault would have nowhere to go.
  if (!current) {
    if (!serviceStack.top)
      serviceStack = warpStacks.take();
    if (!serviceStack.top)
      return false;
    cusim_switch_stack(&mainStack, serviceStack.prepare(runService));
    return serviceResult;
  }
  return performOneOf();
}

void Core::runService() {
  Core *core = runningCore;
  core->serviceResult = core->performOneOf();
  void *nowhere;
  cusim_switch_stack(&nowhere, core->mainStack);
}

bool Core::performOneOf() {
  std::vector<Block *> owners;
  forEachBlock([&](Block &block) {
    if (!block.async.blockOperations.empty())
      owners.push_back(&block);
  });
  if (owners.empty())
    return false;
  size_t owner =
      isRandom ? random.below(static_cast<uint32_t>(owners.size())) : 0;
  owners[owner]->async.performOne(isRandom ? &random : nullptr);
  noteProgress();
  return true;
}

void Core::reportNoMemory() {
  Report report;
  report.kind = Report::Kind::IllegalInstruction;
  report.kernel = launch->kernel.name;
  report.detail = "the host has no memory left for the stacks and the memory "
                  "of the blocks that live at once";
  launch->add(std::move(report), /*isFatal=*/true);
}

WarpMeeting *Core::takeMeeting() {
  if (!unusedMeetings)
    return &meetings.emplace_back();
  WarpMeeting *meeting = unusedMeetings;
  unusedMeetings = meeting->next;
  return meeting;
}

uint32_t *Core::scratch(size_t words) {
  if (scratchWords.size() < words)
    scratchWords.resize(words);
  return scratchWords.data();
}

} // namespace weft::cusim

extern "C" {

void cusim_yield(weft::cusim::Strand *strand) {
  auto &fiber = *static_cast<weft::cusim::Fiber *>(strand);
  fiber.block->core->yield(fiber);
}

void cusim_check_stack(weft::cusim::Strand *strand, uint32_t site) {
  auto *here = static_cast<uint8_t *>(__builtin_frame_address(0));
  if (here > strand->stackLimit + weft::cusim::stackReserve(strand->width))
    return;
  weft::cusim::fault(strand, 0, weft::cusim::Report::Kind::IllegalInstruction,
                     site, "the stack is used up: calls nest too deeply");
}

} // extern "C"
