//===- MachineStandIn.cpp - The machine's part, for one strand ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/warp/MachineStandIn.h"

#include "runtime/cusim/machine/Memory.h"
#include "runtime/cusim/memory/AddressSpace.h"

#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstdlib>

namespace weft::cusim {

namespace {
std::jmp_buf faultPlace;
bool expectsFault = false;
std::string faultMessage;
} // namespace

MachineStandIn &standIn() {
  static MachineStandIn machine;
  return machine;
}

std::optional<std::string> faultOf(const std::function<void()> &action) {
  expectsFault = true;
  bool isFaulted = setjmp(faultPlace);
  if (!isFaulted)
    action();
  expectsFault = false;
  return isFaulted ? std::optional(faultMessage) : std::nullopt;
}

void MachineStandIn::performBlockOperations(Strand *strand) {
  std::vector<PendingOperation> all;
  std::swap(all, blockOperations);
  for (const PendingOperation &operation : all)
    operation.perform(strand, operation.payload);
}

uint8_t *resolveInWarp(Strand *strand, unsigned lane, uint64_t address,
                       uint32_t bytes, uint32_t alignment, AccessKind,
                       uint32_t) {
  standIn().resolved.push_back({lane, address, bytes, alignment});
  if (address >> TagShift == SharedTag) {
    size_t rank = (address >> SharedRankShift & 0xff) - 1;
    if (address << (64 - TagShift) >> (64 - TagShift) < strand->sharedBytes)
      return strand->shared + (address & 0xffffff);
    if (rank < standIn().blocks.size())
      return standIn().blocks[rank] + (address & 0xffffff);
  }
  return AddressSpace::hostPointer(address);
}

Strand *strandOfLane(Strand *strand, unsigned lane, unsigned &laneInStrand) {
  laneInStrand = lane - strand->lane;
  return strand;
}

void fault(Strand *, unsigned, Report::Kind, uint32_t, std::string detail) {
  if (!expectsFault)
    std::abort();
  faultMessage = detail;
  std::longjmp(faultPlace, 1);
}

void startOperation(Strand *, unsigned lane, AsyncQueue queue,
                    const PendingOperation &operation) {
  auto number = static_cast<unsigned>(queue);
  standIn().queues[number][lane].push_back(
      {operation, standIn().openGroup[number][lane]});
}

void commitGroup(Strand *, uint32_t mask, AsyncQueue queue) {
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    standIn().openGroup[static_cast<unsigned>(queue)][lane] += mask >> lane & 1;
}

void waitGroups(Strand *strand, uint32_t mask, AsyncQueue queue,
                unsigned remaining) {
  auto number = static_cast<unsigned>(queue);
  for (unsigned lane = 0; lane < WarpSize; ++lane) {
    auto &pending = standIn().queues[number][lane];
    while (mask >> lane & 1 && !pending.empty() &&
           pending.front().group + remaining <
               standIn().openGroup[number][lane]) {
      PendingOperation operation = pending.front().operation;
      pending.erase(pending.begin());
      operation.perform(strand, operation.payload);
    }
  }
}

void waitAll(Strand *strand, uint32_t mask, AsyncQueue queue) {
  commitGroup(strand, mask, queue);
  waitGroups(strand, mask, queue, 0);
}

void afterPrior(Strand *strand, unsigned lane, AsyncQueue queue,
                const PendingOperation &operation) {
  startOperation(strand, lane, queue, operation);
}

void startBlockOperation(Strand *, const PendingOperation &operation) {
  standIn().blockOperations.push_back(operation);
}

bool waitFor(Strand *strand, const void *key, uint32_t) {
  ++standIn().waits;
  standIn().performBlockOperations(strand);
  auto &woken = standIn().woken;
  return std::find(woken.begin(), woken.end(), key) != woken.end();
}

void wake(Strand *, const void *key) { standIn().woken.push_back(key); }
WarpProducts &productsOf(Strand *) {
  static WarpProducts products;
  return products;
}

void noteRelease(Strand *, uint32_t, const void *) {}
void noteAcquire(Strand *, uint32_t, const void *) {}

bool countsAccesses(const Strand &) { return standIn().isCounting; }

extern "C" void cusim_note_access(Strand *, uint32_t mask,
                                  const uint64_t *addresses, uint32_t bytes,
                                  uint32_t kind, uint32_t) {
  standIn().counted.push_back({mask, addresses[std::countr_zero(mask)], bytes,
                               static_cast<AccessKind>(kind)});
}

extern "C" void cusim_atomic(Strand *strand, uint32_t,
                             const uint64_t *addresses, uint32_t operation,
                             uint32_t type, const uint64_t *first,
                             const uint64_t *, uint64_t *, uint32_t) {
  // Enough for the reductions of these tests.
  if (static_cast<AtomicOperation>(operation) != AtomicOperation::Add ||
      static_cast<ptx::Type>(type) != ptx::Type::U32)
    std::abort();
  auto *word = reinterpret_cast<uint32_t *>(
      resolveInWarp(nullptr, 0, addresses[0], 4, 4, AccessKind::Atomic, 0));
  *word += static_cast<uint32_t>(first[0]);
}

} // namespace weft::cusim
