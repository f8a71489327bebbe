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

using namespace weft::cusim;

namespace {

constexpr uint64_t SourceBytesBit = 1 << 8, IgnoreSourceBit = 1 << 9;

struct Copy {
  uint8_t *destination;
  const uint8_t *source;
  uint32_t bytes;
  /// What does not come from the source becomes zero.
  uint32_t sourceBytes;
};

void performCopy(Strand *, const void *payload) {
  Copy copy;
  std::memcpy(&copy, payload, sizeof(copy));
  if (copy.sourceBytes)
    std::memcpy(copy.destination, copy.source, copy.sourceBytes);
  std::memset(copy.destination + copy.sourceBytes, 0,
              copy.bytes - copy.sourceBytes);
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

} // namespace

void weft::cusim::cusim_async_copy(const Collective &call) {
  uint32_t bytes = call.immediate & 0xff;
  forEachLane(call, [&](unsigned lane) {
    uint64_t to = operandPair(call, 0, lane), from = operandPair(call, 2, lane);
    Copy copy{};
    copy.bytes = bytes;
    copy.sourceBytes = sourceBytesOf(call, lane, bytes);
    copy.destination = resolve(call, lane, to, bytes, bytes, AccessKind::Async);
    if (copy.sourceBytes)
      copy.source =
          resolve(call, lane, from, copy.sourceBytes, bytes, AccessKind::Load);
    PendingOperation operation = pendingOperation(performCopy, copy, call.site);
    operation.writes = to;
    operation.writtenBytes = bytes;
    unsigned index;
    Strand *strand = strandOfLane(call.strand, lane, index);
    startOperation(strand, index, AsyncQueue::Copy, operation);
  });
}

void weft::cusim::cusim_async_commit(const Collective &call) {
  commitGroup(call.strand, call.lanes >> call.strand->lane, AsyncQueue::Copy);
}

void weft::cusim::cusim_async_wait(const Collective &call) {
  waitGroups(call.strand, call.lanes >> call.strand->lane, AsyncQueue::Copy,
             static_cast<unsigned>(call.immediate));
}

void weft::cusim::cusim_async_wait_all(const Collective &call) {
  waitAll(call.strand, call.lanes >> call.strand->lane, AsyncQueue::Copy);
}

void weft::cusim::cusim_async_arrive(const Collective &call) {
  bool countsAlready = call.immediate;
  forEachLane(call, [&](unsigned lane) {
    auto *mbarrier = reinterpret_cast<uint64_t *>(resolve(
        call, lane, operandPair(call, 0, lane), 8, 8, AccessKind::Atomic));
    unsigned index;
    Strand *strand = strandOfLane(call.strand, lane, index);
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
    afterPrior(strand, index, AsyncQueue::Copy,
               pendingOperation(performArrival, Arrival{mbarrier, call.site},
                                call.site));
  });
}
