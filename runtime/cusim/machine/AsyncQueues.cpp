//===- AsyncQueues.cpp - Operations of a block under way ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/AsyncQueues.h"
#include "runtime/cusim/machine/Block.h"
#include "runtime/cusim/machine/Core.h"
#include "runtime/cusim/machine/RaceCheck.h"

#include <bit>
#include <limits>

namespace weft::cusim {
namespace {

constexpr uint64_t AllGroups = std::numeric_limits<uint64_t>::max();

uint32_t laneOfBlock(const Strand &strand, unsigned lane) {
  return strand.warp * WarpSize + strand.lane + lane;
}

AsyncGroups &groupsOf(Strand *strand, unsigned lane, AsyncQueue queue) {
  Block &block = *strand->block;
  std::vector<AsyncGroups> &lanes =
      block.async.lanes[static_cast<size_t>(queue)];
  if (lanes.empty()) {
    lanes.resize(block.strands.size() * strand->width);
    block.async.isUsed = true;
  }
  return lanes[laneOfBlock(*strand, lane)];
}

/// `isOrdered`: see RaceCheck::endAsync.
void perform(Strand *strand, const PendingOperation &operation,
             bool isOrdered) {
  operation.perform(strand, operation.payload);
  if (strand->block->races)
    strand->block->races->endAsync(*strand, operation, isOrdered);
}

/// Performs the lane's entries of groups before `group`, oldest first.
void performGroups(Strand *strand, AsyncGroups &groups, uint64_t group) {
  while (!groups.entries.empty() && groups.entries.front().group < group) {
    // The operation may queue others.
    PendingOperation operation = groups.entries.front().operation;
    groups.entries.pop_front();
    ++groups.performed;
    perform(strand, operation, /*isOrdered=*/false);
  }
}

/// A block operation that completes a lane's entries up to one of them.
struct UpToEntry {
  uint32_t lane;
  AsyncQueue queue;
  uint64_t entry;
};

void performUpTo(Strand *strand, const void *payload) {
  UpToEntry upTo;
  std::memcpy(&upTo, payload, sizeof(upTo));
  AsyncGroups &groups = groupsOf(strand, upTo.lane, upTo.queue);
  while (!groups.entries.empty() && groups.performed <= upTo.entry) {
    PendingOperation operation = groups.entries.front().operation;
    groups.entries.pop_front();
    ++groups.performed;
    perform(strand, operation, /*isOrdered=*/true);
  }
}

void enqueue(Strand *strand, unsigned lane, AsyncQueue queue,
             const PendingOperation &operation) {
  AsyncGroups &groups = groupsOf(strand, lane, queue);
  groups.entries.push_back({operation, groups.openGroup});
}

bool isDeferred(const Strand &strand) {
  return strand.block->launch->options.deferCopies;
}

} // namespace

void startOperation(Strand *strand, unsigned lane, AsyncQueue queue,
                    const PendingOperation &operation) {
  if (strand->block->races)
    strand->block->races->beginAsync(*strand, operation);
  if (!isDeferred(*strand))
    return perform(strand, operation, /*isOrdered=*/false);
  enqueue(strand, lane, queue, operation);
}

void commitGroup(Strand *strand, uint32_t mask, AsyncQueue queue) {
  for (; mask; mask &= mask - 1)
    ++groupsOf(strand, static_cast<unsigned>(std::countr_zero(mask)), queue)
          .openGroup;
}

void waitGroups(Strand *strand, uint32_t mask, AsyncQueue queue,
                unsigned remaining) {
  for (; mask; mask &= mask - 1) {
    AsyncGroups &groups =
        groupsOf(strand, static_cast<unsigned>(std::countr_zero(mask)), queue);
    if (groups.openGroup > remaining)
      performGroups(strand, groups, groups.openGroup - remaining);
  }
}

void waitAll(Strand *strand, uint32_t mask, AsyncQueue queue) {
  for (; mask; mask &= mask - 1)
    performGroups(
        strand,
        groupsOf(strand, static_cast<unsigned>(std::countr_zero(mask)), queue),
        AllGroups);
}

void afterPrior(Strand *strand, unsigned lane, AsyncQueue queue,
                const PendingOperation &operation) {
  if (!isDeferred(*strand))
    return perform(strand, operation, /*isOrdered=*/true);
  enqueue(strand, lane, queue, operation);
  const AsyncGroups &groups = groupsOf(strand, lane, queue);
  UpToEntry upTo{lane, queue, groups.performed + groups.entries.size() - 1};
  startBlockOperation(strand,
                      pendingOperation(performUpTo, upTo, operation.site));
}

void startBlockOperation(Strand *strand, const PendingOperation &operation) {
  Block &block = *strand->block;
  if (block.races)
    block.races->beginAsync(*strand, operation);
  if (!isDeferred(*strand))
    return perform(strand, operation, /*isOrdered=*/true);
  block.async.isUsed = true;
  block.async.blockOperations.push_back({operation, strand});
}

bool waitFor(Strand *strand, const void *key, uint32_t site) {
  auto &fiber = *static_cast<Fiber *>(strand);
  fiber.key = key;
  fiber.site = site;
  fiber.block->core->suspend(fiber, Waiting::Memory);
  return fiber.result != 0;
}

void wake(Strand *strand, const void *key) {
  Block &own = *strand->block;
  own.core->noteProgress();
  Cluster &cluster = *own.cluster;
  for (uint32_t rank = 0; rank < cluster.blockCount; ++rank)
    for (Fiber &fiber : cluster.blocks[rank]->strands)
      if (fiber.waiting == Waiting::Memory && fiber.key == key) {
        fiber.result = 1;
        // It must not be found again before it runs.
        fiber.waiting = Waiting::Nothing;
        own.core->makeReady(&fiber);
      }
}

WarpProducts &productsOf(Strand *strand) {
  AsyncQueues &async = strand->block->async;
  if (async.products.empty()) {
    async.products.resize(MaxWarps);
    async.isUsed = true;
  }
  return async.products[strand->warp];
}

void noteRelease(Strand *strand, uint32_t mask, const void *key) {
  (void)mask;
  if (strand->block->races)
    strand->block->races->release(*strand, key);
}

void noteAcquire(Strand *strand, uint32_t mask, const void *key) {
  (void)mask;
  if (strand->block->races)
    strand->block->races->acquire(*strand, key);
}

void AsyncQueues::performOne(Random *random) {
  size_t index =
      random ? random->below(static_cast<uint32_t>(blockOperations.size())) : 0;
  BlockEntry entry = blockOperations[index];
  blockOperations.erase(blockOperations.begin() +
                        static_cast<std::ptrdiff_t>(index));
  perform(entry.strand, entry.operation, /*isOrdered=*/true);
}

void AsyncQueues::performAll(Block &block) {
  if (!isUsed)
    return;
  while (!blockOperations.empty())
    performOne(nullptr);
  uint32_t width = block.strands.front().width;
  for (std::vector<AsyncGroups> &queue : lanes)
    for (size_t lane = 0; lane < queue.size(); ++lane)
      performGroups(&block.strands[lane / width], queue[lane], AllGroups);
}

void AsyncQueues::clear() {
  if (!isUsed)
    return;
  for (std::vector<AsyncGroups> &queue : lanes)
    queue.clear();
  blockOperations.clear();
  products.clear();
  isUsed = false;
}

} // namespace weft::cusim
