//===- RaceOrder.cpp - What threads know of each other --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Block.h"
#include "runtime/cusim/machine/RaceCheck.h"

#include <algorithm>
#include <bit>

namespace weft::cusim {

RaceCheck::Time RaceCheck::known(uint32_t thread, uint32_t other) const {
  const Knowledge &own = knowledge[thread];
  Time time = own.floor;
  if (thread / WarpSize == other / WarpSize)
    time = std::max(time, own.warpFloor);
  if (!own.threads.empty())
    time = std::max(time, own.threads[other]);
  return time;
}

bool RaceCheck::knowsReaders(uint32_t thread, const Cell &cell) const {
  if (cell.reader != Many)
    return knows(thread, cell.reader, cell.readTime);
  const Knowledge &own = knowledge[thread];
  if (own.floor >= cell.readTime)
    return true;
  if (!hasVectors)
    return cell.readerWarps == 1u << thread / WarpSize &&
           own.warpFloor >= cell.readTime;
  const ReaderSet *set =
      cell.readerSet ? &readerSets[cell.readerSet - 1] : nullptr;
  for (uint32_t rest = cell.readerWarps; rest; rest &= rest - 1) {
    auto warp = static_cast<uint32_t>(std::countr_zero(rest));
    Time time = set ? set->times[warp] : cell.readTime;
    for (uint32_t lanes = set ? set->lanes[warp] : ~0u; lanes;
         lanes &= lanes - 1) {
      uint32_t reader =
          warp * WarpSize + static_cast<uint32_t>(std::countr_zero(lanes));
      if (reader < knowledge.size() && !knows(thread, reader, time))
        return false;
    }
  }
  return true;
}

void RaceCheck::makeVectors() {
  if (hasVectors)
    return;
  hasVectors = true;
  std::fill(quiet.begin(), quiet.end(), 0);
  for (Knowledge &own : knowledge)
    own.threads.assign(knowledge.size(), 0);
}

void RaceCheck::joinInto(std::vector<Time> &joined, uint32_t thread) const {
  const Knowledge &own = knowledge[thread];
  uint32_t warp = thread / WarpSize * WarpSize;
  for (uint32_t other = 0; other < joined.size(); ++other)
    joined[other] = std::max({joined[other], own.floor, own.threads[other]});
  uint32_t end =
      std::min<uint32_t>(warp + WarpSize, static_cast<uint32_t>(joined.size()));
  for (uint32_t other = warp; other < end; ++other)
    joined[other] = std::max(joined[other], own.warpFloor);
}

void RaceCheck::joinAll() {
  for (Knowledge &own : knowledge)
    own.floor = now;
  ++now;
}

void RaceCheck::joinLanes(unsigned warp, uint32_t lanes) {
  uint32_t first = warp * WarpSize;
  bool isWhole = lanes == block->liveLanes[warp];
  if (!isWhole)
    makeVectors();
  Time floor = 0;
  std::vector<Time> joined;
  if (hasVectors)
    joined.assign(knowledge.size(), 0);
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    uint32_t thread = first + static_cast<uint32_t>(std::countr_zero(rest));
    floor = std::max(floor, knowledge[thread].floor);
    if (hasVectors)
      joinInto(joined, thread);
  }
  for (uint32_t rest = hasVectors ? lanes : 0; rest; rest &= rest - 1)
    joined[first + static_cast<uint32_t>(std::countr_zero(rest))] = now;
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    Knowledge &own =
        knowledge[first + static_cast<uint32_t>(std::countr_zero(rest))];
    own.floor = floor;
    if (isWhole)
      own.warpFloor = now;
    if (hasVectors)
      own.threads = joined;
  }
  ++now;
}

void RaceCheck::arrive(Fiber &fiber, Barrier &barrier) {
  if (fiber.barrierKind == BarrierKind::Arrive)
    release(fiber, &barrier);
}

void RaceCheck::completeBarrier(Barrier &barrier, Fiber *last) {
  bool lastWaits = last && last->barrierKind != BarrierKind::Arrive;
  if (barrier.waiters.size() + lastWaits >= block->liveStrands)
    return joinAll();
  makeVectors();
  std::vector<Time> joined(knowledge.size(), 0);
  std::vector<uint32_t> threads;
  for (const Fiber *waiter : barrier.waiters)
    threads.push_back(threadOf(*waiter));
  if (lastWaits)
    threads.push_back(threadOf(*last));
  for (uint32_t thread : threads)
    joinInto(joined, thread);
  for (uint32_t thread : threads)
    joined[thread] = now;
  auto arrived = released.find(&barrier);
  if (arrived != released.end()) {
    for (size_t i = 0; i < joined.size(); ++i)
      joined[i] = std::max(joined[i], arrived->second[i]);
    released.erase(arrived);
  }
  for (uint32_t thread : threads)
    knowledge[thread].threads = joined;
  ++now;
}

void RaceCheck::release(Strand &strand, const void *key) {
  makeVectors();
  std::vector<Time> &times = released[key];
  times.resize(knowledge.size());
  joinInto(times, threadOf(strand));
  times[threadOf(strand)] = now++;
}

void RaceCheck::acquire(Strand &strand, const void *key) {
  auto found = released.find(key);
  if (found == released.end())
    return;
  makeVectors();
  std::vector<Time> &own = knowledge[threadOf(strand)].threads;
  for (size_t i = 0; i < own.size(); ++i)
    own[i] = std::max(own[i], found->second[i]);
}

} // namespace weft::cusim
