//===- AsyncCopy.cpp - cp.async -------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/AsyncCopy.h"

#include "runtime/cusim/machine/Async.h"
#include "runtime/cusim/warp/LaneMemory.h"
#include "runtime/cusim/warp/Mbarrier.h"

#include <algorithm>
#include <cstring>
#include <span>

using namespace weft::cusim;

namespace {

constexpr uint64_t SourceBytesBit = 1 << 8, IgnoreSourceBit = 1 << 9;

/// A run of bytes, of one lane or of several whose bytes follow each other.
struct Copy {
  const uint8_t *source;
  /// In the block's shared memory.
  uint32_t destination;
  uint16_t bytes;
  /// What does not come from the source becomes zero.
  uint16_t sourceBytes;

  bool isFollowedBy(const Copy &next) const {
    return bytes == sourceBytes && next.bytes == next.sourceBytes &&
           source + bytes == next.source &&
           destination + bytes == next.destination;
  }
};

/// What one entry of a queue does: entries cost more than small copies.
struct Copies {
  static constexpr unsigned Capacity = 6;
  uint8_t *shared;
  uint32_t count;
  Copy copies[Capacity];
};

void performCopies(Strand *, const void *payload) {
  Copies all;
  std::memcpy(&all, payload, sizeof(all));
  for (const Copy &copy : std::span(all.copies, all.count)) {
    uint8_t *to = all.shared + copy.destination;
    if (copy.sourceBytes)
      std::memcpy(to, copy.source, copy.sourceBytes);
    std::memset(to + copy.sourceBytes, 0, copy.bytes - copy.sourceBytes);
  }
}

struct Arrival {
  uint64_t *mbarrier;
  uint32_t site;
};

void performArrival(Strand *strand, const void *payload) {
  Arrival arrival;
  std::memcpy(&arrival, payload, sizeof(arrival));
  arriveLater(strand, arrival.mbarrier, arrival.site);
}

uint32_t sourceBytesOf(const Collective &call, unsigned lane, uint32_t bytes) {
  if (call.immediate & SourceBytesBit)
    return std::min(operandWord(call, 4, lane), bytes);
  if (call.immediate & IgnoreSourceBit)
    return operandWord(call, 4, lane) & 1 ? 0 : bytes;
  return bytes;
}

/// Gathers the copies of a warp's lanes into few entries.
class CopyGatherer {
public:
  CopyGatherer(const Collective &call) : call(call) {
    all.shared = call.strand->shared;
  }
  void add(const Copy &copy) {
    if (all.count && all.copies[all.count - 1].isFollowedBy(copy)) {
      all.copies[all.count - 1].bytes += copy.bytes;
      all.copies[all.count - 1].sourceBytes += copy.sourceBytes;
      return;
    }
    if (all.count == Copies::Capacity)
      flush();
    all.copies[all.count++] = copy;
  }
  void flush() {
    startOperation(call.strand, 0, AsyncQueue::Copy,
                   pendingOperation(performCopies, all, call.site));
    all.count = 0;
  }

private:
  const Collective &call;
  Copies all{};
};

/// At width 32, all copies of a warp are in the queue of its first lane: its
/// lanes commit and wait together, as a rule. Where they do not, everything
/// happens at once, which is as good a time as any.
bool actsAsOne(const Collective &call) {
  return call.strand->width == WarpSize;
}
bool isWhole(const Collective &call) {
  return !actsAsOne(call) ||
         (call.lanes & call.strand->live) == call.strand->live;
}

} // namespace

void weft::cusim::cusim_async_copy(const Collective &call) {
  uint32_t bytes = call.immediate & 0xff;
  countWarpAccess(call, call.lanes, 2, bytes, AccessKind::Load);
  countWarpAccess(call, call.lanes, 0, bytes, AccessKind::Store);
  CopyGatherer gatherer(call);
  forEachLane(call, [&](unsigned lane) {
    uint64_t to = operandPair(call, 0, lane), from = operandPair(call, 2, lane);
    uint32_t sourceBytes = sourceBytesOf(call, lane, bytes);
    uint8_t *destination =
        resolve(call, lane, to, bytes, bytes, AccessKind::Async);
    Copy copy{nullptr, static_cast<uint32_t>(destination - call.strand->shared),
              static_cast<uint16_t>(bytes), static_cast<uint16_t>(sourceBytes)};
    if (sourceBytes)
      copy.source =
          resolve(call, lane, from, sourceBytes, bytes, AccessKind::Load);
    if (actsAsOne(call))
      return gatherer.add(copy);
    PendingOperation operation = pendingOperation(
        performCopies, Copies{call.strand->shared, 1, {copy}}, call.site);
    operation.writes = to;
    operation.writtenBytes = bytes;
    startOperation(call.strand, 0, AsyncQueue::Copy, operation);
  });
  if (actsAsOne(call))
    gatherer.flush();
}

void weft::cusim::cusim_async_commit(const Collective &call) {
  if (!isWhole(call))
    waitAll(call.strand, 1, AsyncQueue::Copy);
  commitGroup(call.strand, 1, AsyncQueue::Copy);
}

void weft::cusim::cusim_async_wait(const Collective &call) {
  if (!isWhole(call))
    waitAll(call.strand, 1, AsyncQueue::Copy);
  waitGroups(call.strand, 1, AsyncQueue::Copy,
             static_cast<unsigned>(call.immediate));
}

void weft::cusim::cusim_async_wait_all(const Collective &call) {
  waitAll(call.strand, 1, AsyncQueue::Copy);
}

void weft::cusim::cusim_async_arrive(const Collective &call) {
  bool countsAlready = call.immediate;
  forEachLane(call, [&](unsigned lane) {
    auto *mbarrier = reinterpret_cast<uint64_t *>(resolve(
        call, lane, operandPair(call, 0, lane), 8, 8, AccessKind::Atomic));
    Strand *strand = call.strand;
    unsigned index = lane - strand->lane;
    MbarrierState state = MbarrierState::unpack(*mbarrier);
    if (!*mbarrier || state.pending == MbarrierState::MaxCount)
      fault(strand, index, Report::Kind::IllegalInstruction, call.site,
            *mbarrier ? "the mbarrier's pending count is at its limit"
                      : "the mbarrier is not initialised");
    // Without .noinc, the arrival to come is one more that the phase awaits.
    if (!countsAlready) {
      ++state.pending;
      *mbarrier = state.pack();
    }
    noteRelease(strand, 1u << index, mbarrier);
    afterPrior(strand, 0, AsyncQueue::Copy,
               pendingOperation(performArrival, Arrival{mbarrier, call.site},
                                call.site));
  });
}
