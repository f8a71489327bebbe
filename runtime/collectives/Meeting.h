//===- Meeting.h - Where the ranks of a group meet --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_MEETING_H
#define RUNTIME_COLLECTIVES_MEETING_H

#include "runtime/collectives/Collective.h"
#include "runtime/collectives/RankMesh.h"
#include "runtime/collectives/Watchdog.h"

namespace weft {

/// The ranks of one group, threads of this process, before and after a
/// collective. Each is there once, by its position.
class Meeting {
public:
  /// The watchdog knows the same ranks, and outlives the meeting.
  Meeting(RankGroup group, Watchdog &watchdog);

  const RankGroup &group() const { return members; }

  /// What a rank comes with.
  struct Offer {
    Collective collective;
    const void *source = nullptr;
    void *destination = nullptr;
  };

  /// Comes to a collective. When it returns with success, all ranks have come,
  /// with the same one. Otherwise the message says who arrived and who did not,
  /// or who means something else.
  Status arrive(uint64_t position, const Offer &offer);
  /// What rank `other` came with, for the one at `position`, until that one
  /// arrives or leaves again.
  const Offer &offerOf(uint64_t other, uint64_t position) const {
    return slots[other].offers[slots[position].barriers.load() % 2];
  }
  /// Waits until all ranks are done with what they came for.
  Status leave(uint64_t position, const Collective &collective);

  /// "all_reduce over [tp] of 64 bytes".
  std::string describe(const Collective &collective) const;

  /// Forgets what a failed run left undone. Not while ranks run.
  void reset();

private:
  /// What a rank tells the others of its group. Offers alternate: a rank that
  /// goes on to the next collective leaves the last one for the others to read.
  struct alignas(64) Slot {
    std::atomic<uint32_t> barriers = 0; // that the rank has come to
    Offer offers[2];
  };
  class Barrier;
  Status wait(uint64_t position, const Collective &collective);

  const RankGroup members;
  Watchdog &watchdog;
  std::vector<Slot> slots;
};

} // namespace weft

#endif // RUNTIME_COLLECTIVES_MEETING_H
