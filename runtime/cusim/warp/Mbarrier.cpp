//===- Mbarrier.cpp - Barriers in shared memory ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/Mbarrier.h"

#include "runtime/cusim/machine/Async.h"
#include "runtime/cusim/warp/LaneMemory.h"

using namespace weft::cusim;

namespace {

/// Ends the phase when nothing is pending.
MbarrierStep settle(MbarrierState &state) {
  if (state.pending || state.bytes)
    return {};
  state.pending = state.expected;
  state.phase = (state.phase + 1) & 7;
  return {std::nullopt, true};
}

MbarrierStep changeBytes(MbarrierState &state, int64_t change) {
  int64_t bytes = state.bytes + change;
  if (bytes > MbarrierState::MaxBytes || bytes < -MbarrierState::MaxBytes)
    return {"the mbarrier's tx-count would be " + std::to_string(bytes) +
            ", and may be 1048575 at most"};
  state.bytes = static_cast<int32_t>(bytes);
  return settle(state);
}

/// One operation of one lane on one mbarrier.
class LaneBarrier {
public:
  LaneBarrier(const Collective &call, unsigned lane,
              AccessKind kind = AccessKind::Atomic)
      : call(call), strand(strandOfLane(call.strand, lane, index)),
        word(reinterpret_cast<uint64_t *>(
            resolve(call, lane, operandPair(call, 0, lane), 8, 8, kind))) {}

  uint64_t bits() const { return *word; }
  const void *key() const { return word; }

  [[noreturn]] void fail(const std::string &message) const {
    fault(strand, index, Report::Kind::IllegalInstruction, call.site, message);
  }
  MbarrierState load() const {
    if (!*word)
      fail("the mbarrier is not initialised");
    return MbarrierState::unpack(*word);
  }
  void store(const MbarrierState &state) const { *word = state.pack(); }
  void clear() const { *word = 0; }

  /// Stores the state after a step, and wakes who waits for the phase.
  void finish(const MbarrierState &state, const MbarrierStep &step) const {
    if (step.error)
      fail(*step.error);
    store(state);
    if (step.isComplete)
      wake(strand, word);
  }
  void release() const { noteRelease(strand, 1u << index, word); }
  void acquire() const { noteAcquire(strand, 1u << index, word); }

private:
  const Collective &call;
  unsigned index = 0;
  Strand *strand;
  uint64_t *word;
};

void initialise(const Collective &call, unsigned lane) {
  // What was there before does not matter.
  LaneBarrier barrier(call, lane, AccessKind::Store);
  uint32_t count = operandWord(call, 2, lane);
  if (count == 0 || count > MbarrierState::MaxCount)
    barrier.fail("mbarrier.init with a count of " + std::to_string(count) +
                 ", which may be 1 to 1048575");
  barrier.store({count, count, 0, 0});
}

void arrive(const Collective &call, const MbarrierImmediate &how,
            unsigned lane) {
  LaneBarrier barrier(call, lane);
  MbarrierState state = barrier.load();
  uint64_t before = barrier.bits();
  uint32_t value = how.hasCount ? operandWord(call, 2, lane) : 1;
  uint32_t count = how.expectsBytes ? 1 : value;
  if (!how.isRelaxed)
    barrier.release();
  // The bytes first: one arrival and its bytes are one step.
  if (how.expectsBytes)
    if (MbarrierStep step = changeBytes(state, value); step.error)
      barrier.fail(*step.error);
  if (how.drops) {
    if (state.expected < count)
      barrier.fail("mbarrier.arrive_drop of " + std::to_string(count) +
                   ", but the mbarrier expects " +
                   std::to_string(state.expected));
    state.expected -= count;
  }
  MbarrierStep step = arriveAt(state, count);
  if (step.isComplete && how.mayNotComplete)
    barrier.fail("mbarrier.arrive.noComplete completes the phase");
  barrier.finish(state, step);
  if (how.hasResult) {
    setResult(call, 0, lane, static_cast<uint32_t>(before));
    setResult(call, 1, lane, static_cast<uint32_t>(before >> 32));
  }
}

bool isPhaseOver(const Collective &call, const MbarrierImmediate &how,
                 unsigned lane, const MbarrierState &state) {
  if (how.isParity)
    return (state.phase & 1) != (operandWord(call, 2, lane) & 1);
  return MbarrierState::unpack(operandPair(call, 2, lane)).phase != state.phase;
}

/// Sets the results of all lanes; a lane that would have to wait, or no lane.
std::optional<unsigned> test(const Collective &call,
                             const MbarrierImmediate &how) {
  std::optional<unsigned> waiting;
  forEachLane(call, [&](unsigned lane) {
    LaneBarrier barrier(call, lane);
    bool isOver = isPhaseOver(call, how, lane, barrier.load());
    setResult(call, 0, lane, isOver);
    if (isOver && !how.isRelaxed)
      barrier.acquire();
    if (!isOver && !waiting)
      waiting = lane;
  });
  return waiting;
}

} // namespace

MbarrierStep weft::cusim::arriveAt(MbarrierState &state, uint32_t count) {
  if (count == 0 || count > state.pending)
    return {"an arrival of " + std::to_string(count) +
            ", but the mbarrier's phase waits for " +
            std::to_string(state.pending)};
  state.pending -= count;
  return settle(state);
}

MbarrierStep weft::cusim::expectBytes(MbarrierState &state, uint32_t bytes) {
  return changeBytes(state, bytes);
}

MbarrierStep weft::cusim::completeBytes(MbarrierState &state, uint32_t bytes) {
  return changeBytes(state, -static_cast<int64_t>(bytes));
}

void weft::cusim::completeBytesAt(Strand *strand, uint64_t *mbarrier,
                                  uint32_t bytes, uint32_t site) {
  MbarrierState state = MbarrierState::unpack(*mbarrier);
  MbarrierStep step = *mbarrier
                          ? completeBytes(state, bytes)
                          : MbarrierStep{"the mbarrier is not initialised"};
  if (step.error)
    fault(strand, 0, Report::Kind::IllegalInstruction, site, *step.error);
  *mbarrier = state.pack();
  if (step.isComplete)
    wake(strand, mbarrier);
}

void weft::cusim::arriveLater(Strand *strand, uint64_t *mbarrier,
                              uint32_t site) {
  MbarrierState state = MbarrierState::unpack(*mbarrier);
  MbarrierStep step = *mbarrier
                          ? arriveAt(state, 1)
                          : MbarrierStep{"the mbarrier is not initialised"};
  if (step.error)
    fault(strand, 0, Report::Kind::IllegalInstruction, site, *step.error);
  *mbarrier = state.pack();
  if (step.isComplete)
    wake(strand, mbarrier);
}

void weft::cusim::cusim_mbarrier(const Collective &call) {
  auto how = MbarrierImmediate::unpack(call.immediate);
  switch (how.operation) {
  case MbarrierOperation::Init:
    return forEachLane(call, [&](unsigned lane) { initialise(call, lane); });
  case MbarrierOperation::Invalidate:
    return forEachLane(call, [&](unsigned lane) {
      LaneBarrier barrier(call, lane);
      barrier.load();
      barrier.clear();
    });
  case MbarrierOperation::Arrive:
    return forEachLane(call, [&](unsigned lane) { arrive(call, how, lane); });
  case MbarrierOperation::ExpectBytes:
  case MbarrierOperation::CompleteBytes:
    return forEachLane(call, [&](unsigned lane) {
      LaneBarrier barrier(call, lane);
      MbarrierState state = barrier.load();
      uint32_t bytes = operandWord(call, 2, lane);
      bool isExpected = how.operation == MbarrierOperation::ExpectBytes;
      MbarrierStep step =
          isExpected ? expectBytes(state, bytes) : completeBytes(state, bytes);
      barrier.finish(state, step);
    });
  case MbarrierOperation::TestWait:
  case MbarrierOperation::TryWait:
    // PTX leaves open how long both take: others run before a lane looks again.
    if (std::optional<unsigned> lane = test(call, how)) {
      waitFor(call.strand, LaneBarrier(call, *lane).key(), call.site);
      test(call, how);
    }
    return;
  }
}

void weft::cusim::cusim_mbarrier_pending_count(const Collective &call) {
  forEachLane(call, [&](unsigned lane) {
    setResult(call, 0, lane,
              MbarrierState::unpack(operandPair(call, 0, lane)).pending);
  });
}
