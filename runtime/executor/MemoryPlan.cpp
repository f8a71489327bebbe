//===- MemoryPlan.cpp - Temporary buffers share memory --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/MemoryPlan.h"

#include <algorithm>
#include <numeric>

using namespace weft;

// Bounds on the work that a hostile program asks for; real ones have a few
// thousand buffers and a handful of queues.
static constexpr size_t maximumPacked = 1 << 14;
static constexpr uint64_t maximumClocks = 1 << 26;
static constexpr uint64_t alignment = 64;

StatusOr<Lifetimes> Lifetimes::of(const ProgramVariant &variant) {
  Lifetimes result;
  result.queues = variant.queues;
  uint64_t positions = 1;
  for (const Op &op : variant.ops)
    positions = std::max<uint64_t>(positions, op.position + 2);
  uint64_t clockCount = positions * variant.queues * variant.queues;
  if (variant.queues == 1)
    clockCount = 0; // the order of positions says it all
  if (clockCount > maximumClocks)
    return Status::error("the program has " + std::to_string(positions) +
                         " commands on " + std::to_string(variant.queues) +
                         " queues, which is beyond reason");

  std::vector<uint32_t> indexOf(variant.buffers.size(), UINT32_MAX);
  for (uint32_t i = 0; i != variant.buffers.size(); ++i)
    if (variant.buffers[i].kind == artifact::Buffer::TEMPORARY &&
        !variant.buffers[i].isDynamic) {
      indexOf[i] = static_cast<uint32_t>(result.buffers.size());
      result.buffers.push_back(i);
    }
  if (result.buffers.size() > maximumPacked)
    return Status::error("the program has " +
                         std::to_string(result.buffers.size()) +
                         " temporary buffers; expected at most 16384");

  result.accesses.resize(result.buffers.size());
  for (const ProgramVariant::Use &use : variant.uses()) {
    uint32_t index = indexOf[variant.buffers[use.buffer].root];
    if (index == UINT32_MAX)
      continue;
    std::vector<Access> &list = result.accesses[index];
    auto access = std::find_if(list.begin(), list.end(), [&](const Access &a) {
      return a.queue == use.queue;
    });
    // Uses come in order of positions.
    if (access == list.end())
      list.push_back({use.queue, use.position + 1, use.position + 1});
    else
      access->last = use.position + 1;
  }
  if (clockCount == 0)
    return result;

  // Vector clocks. Commands directly in the program move them; those inside of
  // a block only count as work on their queue.
  uint32_t queues = variant.queues;
  result.clocks.assign(clockCount, 0);
  std::vector<uint32_t> now(size_t(queues) * queues);
  std::vector<std::vector<uint32_t>> events(variant.events);
  uint32_t done = 0;
  auto store = [&](uint32_t upTo) {
    for (; done < upTo; ++done)
      std::copy(now.begin(), now.end(),
                result.clocks.begin() +
                    static_cast<ptrdiff_t>(uint64_t(done) * queues * queues));
  };
  for (size_t i = 0; i != variant.ops.size(); ++i) {
    const Op &op = variant.ops[i];
    uint32_t position = op.position + 1;
    store(position + 1); // what holds before this position
    uint32_t *clock = &now[size_t(op.queue) * queues];
    bool isAlone = (i == 0 || variant.ops[i - 1].position != op.position) &&
                   (i + 1 == variant.ops.size() ||
                    variant.ops[i + 1].position != op.position);
    if (isAlone && op.kind == Op::Kind::Wait)
      for (uint32_t q = 0; q != events[op.index].size(); ++q)
        clock[q] = std::max(clock[q], events[op.index][q]);
    clock[op.queue] = position;
    if (isAlone && op.kind == Op::Kind::Signal)
      events[op.index].assign(clock, clock + queues);
  }
  store(static_cast<uint32_t>(positions));
  return result;
}

uint32_t Lifetimes::reached(uint32_t position, uint32_t of,
                            uint32_t queue) const {
  if (queues == 1)
    return position - 1;
  return clocks[(uint64_t(position) * queues + of) * queues + queue];
}

bool Lifetimes::isBefore(size_t lhs, size_t rhs) const {
  for (const Access &earlier : accesses[lhs])
    for (const Access &later : accesses[rhs])
      if (reached(later.first, later.queue, earlier.queue) < earlier.last)
        return false;
  return true;
}

StatusOr<Lifetimes::Packing>
Lifetimes::pack(const std::vector<uint64_t> &sizes) const {
  std::vector<uint32_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return sizes[a] != sizes[b] ? sizes[a] > sizes[b] : a < b;
  });
  Packing packing;
  packing.offsets.assign(buffers.size(), 0);
  std::vector<uint32_t> placed; // by offset
  for (uint32_t index : order) {
    if (sizes[index] == 0 || accesses[index].empty())
      continue;
    uint64_t size = (sizes[index] + alignment - 1) / alignment * alignment;
    uint64_t offset = 0;
    for (uint32_t other : placed) {
      uint64_t begin = packing.offsets[other];
      uint64_t end =
          begin + (sizes[other] + alignment - 1) / alignment * alignment;
      // What starts after the end of the gap cannot be in the way.
      if (begin >= offset + size)
        break;
      if (end > offset && overlap(index, other))
        offset = end;
    }
    if (size > uint64_t(1) << 62 || offset + size > uint64_t(1) << 62)
      return Status::error("temporary buffers take more than 2^62 bytes");
    packing.offsets[index] = offset;
    packing.bytes = std::max(packing.bytes, offset + size);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), index,
                                   [&](uint32_t a, uint32_t b) {
                                     return packing.offsets[a] <
                                            packing.offsets[b];
                                   }),
                  index);
  }
  return packing;
}
