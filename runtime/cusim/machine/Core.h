//===- Core.h - What runs the strands of blocks -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A core belongs to one thread of the host while it runs units of a launch. It
// keeps stacks, shared memory and strands from one launch to the next. Strands
// switch to each other directly; the core's own flow (`main`) runs when a unit
// is done, nothing is ready, or the launch ends.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_CORE_H
#define RUNTIME_CUSIM_MACHINE_CORE_H

#include "runtime/cusim/machine/Block.h"
#include "runtime/cusim/machine/Fiber.h"
#include "runtime/cusim/machine/Random.h"

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace weft::cusim {

class Core {
public:
  explicit Core(unsigned index);

  /// Runs units until none is left or the launch ends. `onUnit` is asked after
  /// each unit (to call for help).
  template <typename Function> void run(Launch &launch, Function onUnit) {
    enter(launch);
    while (runUnit())
      onUnit();
    leave();
  }

  // What strands do; each is called on the stack of the running strand.

  /// Makes a waiting strand ready.
  void makeReady(Fiber *fiber) { push(fiber); }
  /// Makes strands ready without touching them: that costs a miss each.
  void makeReady(const std::vector<Fiber *> &fibers) {
    for (Fiber *fiber : fibers)
      push(fiber);
  }
  /// Leaves the running strand, which somebody will make ready.
  void suspend(Fiber &self, Waiting waiting) {
    self.waiting = waiting;
    switchAway(&self.stackPointer);
  }
  /// The same as the last thing that a hook does which is preserve_none.
  [[gnu::always_inline]] void suspendAtEnd(Fiber &self, Waiting waiting) {
    self.waiting = waiting;
    current = pop();
    cusim_leave_stack(&self.stackPointer,
                      current ? stackPointerOf(*current) : mainStack);
  }
  /// Lets others run first.
  void yield(Fiber &self);
  /// With a random schedule: yields now and then.
  void maybeYield(Fiber &self) {
    if (isRandom && random.below(8) == 0)
      yieldOnce(self);
  }
  /// Leaves the running strand for good: the launch has ended.
  [[noreturn]] void abandon();
  /// Something happened that others may have waited for.
  void noteProgress() { fruitlessTurns = yieldsWithoutProgress = 0; }

  /// All blocks that live on this core.
  template <typename Function> void forEachBlock(Function function) {
    for (const std::unique_ptr<Cluster> &cluster : clusters)
      for (uint32_t rank = 0; rank < cluster->blockCount; ++rank)
        function(*cluster->blocks[rank]);
  }
  WarpMeeting *takeMeeting();
  void giveBackMeeting(WarpMeeting *meeting) {
    meeting->next = unusedMeetings;
    unusedMeetings = meeting;
  }
  /// Space for operands and results of a meeting.
  uint32_t *scratch(size_t words);

  /// Of strands of the launch's width.
  StackPool *stacks = nullptr;
  Launch *launch = nullptr;
  Random random;
  bool isRandom = false;
  SiteRange *sites = nullptr;
  /// Allocations that were looked up in this launch, for sites that alternate
  /// between them.
  std::array<SiteRange, 4> recentRanges;
  unsigned nextRecent = 0;
  Counters counters;
  const unsigned index;

private:
  void enter(Launch &launch);
  void leave();
  bool runUnit();
  bool startUnit();
  void endUnit(Cluster &cluster);
  bool findSomethingToDo();
  bool performBlockOperation();
  bool performOneOf();
  static void runService();
  void reportNoMemory();
  void yieldOnce(Fiber &self);

  void push(Fiber *fiber) {
    ready[(readyHead + readyCount++) & (ready.size() - 1)] = fiber;
  }
  Fiber *pop() {
    if (readyCount == 0)
      return nullptr;
    size_t wrap = ready.size() - 1;
    if (isRandom)
      shuffleHead();
    else if (readyCount > MaxWarps)
      prefetch(wrap);
    --readyCount;
    Fiber *fiber = ready[readyHead++ & wrap];
    fiber->waiting = Waiting::Nothing;
    return fiber;
  }
  /// Of many threads, what comes next is in the second-level cache at best.
  void prefetch(size_t wrap) const {
    const Fiber *next = ready[(readyHead + 1) & wrap];
    const Fiber *later = ready[(readyHead + 3) & wrap];
    __builtin_prefetch(&later->stackPointer);
    // An integer: a strand that has not begun has no stack.
    auto stack = reinterpret_cast<uintptr_t>(next->stackPointer);
    for (uintptr_t line = 0; line < 128; line += 64)
      __builtin_prefetch(reinterpret_cast<const void *>(stack + line));
  }
  void shuffleHead();
  /// Switches to the next ready strand, or to main.
  void switchAway(void **from) {
    Fiber *to = pop();
    void *target = to ? stackPointerOf(*to) : mainStack;
    current = to;
    if (to && from == &to->stackPointer)
      return;
    cusim_switch_stack(from, target);
  }
  static void runFibers();
  void *stackPointerOf(Fiber &fiber) {
    return fiber.stack.top ? fiber.stackPointer : beginOnNewStack(fiber);
  }
  void *beginOnNewStack(Fiber &fiber);
  void reserveReady(size_t strands);

  Fiber *current = nullptr;
  void *mainStack = nullptr;
  /// A ring; its size is a power of two.
  std::vector<Fiber *> ready;
  size_t readyHead = 0;
  size_t readyCount = 0;
  size_t liveStrands = 0;
  std::vector<std::unique_ptr<Cluster>> clusters;
  std::vector<std::unique_ptr<Cluster>> unusedClusters;
  /// A cluster whose last strand just ended.
  Cluster *finished = nullptr;
  bool wantsUnit = false;
  size_t yieldsWithoutProgress = 0;
  uint32_t fruitlessTurns = 0;
  std::vector<uint32_t> scratchWords;
  std::deque<WarpMeeting> meetings;
  WarpMeeting *unusedMeetings = nullptr;
  /// Threads have small ones: a block has 32 times as many of them as warps,
  /// and the addresses of 1024 large ones would take gigabytes.
  StackPool threadStacks;
  StackPool warpStacks;
  /// Where main performs what may fault.
  Stack serviceStack;
  bool serviceResult = false;

  friend class Block;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_CORE_H
