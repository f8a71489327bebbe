//===- Meeting.cpp - Where the ranks of a group meet ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/Meeting.h"
#include "runtime/base/Text.h"

using namespace weft;

/// All ranks have come to barrier number `target`.
class Meeting::Barrier final : public Watchdog::Condition {
public:
  Barrier(const Meeting &meeting, uint32_t target)
      : meeting(meeting), target(target) {}

  bool hasArrived(size_t other) const {
    // A difference, because counts wrap around.
    return static_cast<int32_t>(meeting.slots[other].barriers.load() -
                                target) >= 0;
  }
  bool isMet() const override {
    for (size_t other = 0; other != meeting.slots.size(); ++other)
      if (!hasArrived(other))
        return false;
    return true;
  }
  bool isHopeless() const override {
    for (size_t other = 0; other != meeting.slots.size(); ++other)
      if (!hasArrived(other) &&
          meeting.watchdog.hasEnded(meeting.members.ranks[other]) &&
          !hasArrived(other))
        return true;
    return false;
  }
  Status explain(const Collective &collective, Watchdog::Outcome outcome) const;

private:
  const Meeting &meeting;
  const uint32_t target;
};

/// Who arrived and who did not; success when nobody is missing any longer.
Status Meeting::Barrier::explain(const Collective &collective,
                                 Watchdog::Outcome outcome) const {
  if (outcome == Watchdog::Outcome::Failed)
    return Status::error("another rank failed");
  const Watchdog &watchdog = meeting.watchdog;
  std::string arrived, missing, ended;
  for (size_t other = 0; other != meeting.slots.size(); ++other) {
    unsigned its = meeting.members.ranks[other];
    std::string named = watchdog.name(its);
    bool isThere = hasArrived(other), hasEnded = watchdog.hasEnded(its);
    std::string_view node = watchdog.nodeOf(its);
    if (!isThere && hasEnded)
      named += " (which has ended)";
    else if (!isThere && !node.empty())
      named += " (which is at node '" + printable(node) + "')";
    std::string &list = isThere ? arrived : hasEnded ? ended : missing;
    list += (list.empty() ? "" : ", ") + named;
  }
  // Others may still be on their way.
  if (!ended.empty())
    missing = ended;
  if (missing.empty())
    return Status::ok(); // they all came just now
  std::string when = outcome == Watchdog::Outcome::Late
                         ? " within " + secondsText(watchdog.timeout()) +
                               " seconds; raise the timeout if it needs more"
                         : " and never will";
  return Status::error(meeting.describe(collective) + ": " + arrived +
                       " arrived, but " + missing + " did not" + when);
}

Meeting::Meeting(RankGroup group, Watchdog &watchdog)
    : members(std::move(group)), watchdog(watchdog), slots(members.size()) {}

std::string Meeting::describe(const Collective &collective) const {
  return std::string(name(collective.kind)) + " over " + members.label +
         " of " + std::to_string(collective.bytes()) + " bytes";
}

Status Meeting::wait(uint64_t position, const Collective &collective) {
  Slot &own = slots[position];
  Barrier barrier(*this, own.barriers.load(std::memory_order_relaxed) + 1);
  ++own.barriers;
  watchdog.wakeWaiters();
  Watchdog::Outcome outcome = watchdog.wait(members.ranks[position], barrier);
  return outcome == Watchdog::Outcome::Met
             ? Status::ok()
             : barrier.explain(collective, outcome);
}

Status Meeting::arrive(uint64_t position, const Offer &offer) {
  Slot &own = slots[position];
  uint32_t target = own.barriers.load(std::memory_order_relaxed) + 1;
  own.offers[target % 2] = offer;
  WEFT_RETURN_IF_ERROR(wait(position, offer.collective));
  // Ranks that mean different things would leave each other's buffers.
  for (size_t other = 0; other != slots.size(); ++other) {
    const Collective &its = slots[other].offers[target % 2].collective;
    if (its == offer.collective)
      continue;
    return Status::error(describe(offer.collective) + " of " +
                         watchdog.name(members.ranks[position]) +
                         " meets another collective, " + describe(its) +
                         " of " + watchdog.name(members.ranks[other]) +
                         "; all ranks of a group must do the same");
  }
  return Status::ok();
}

Status Meeting::leave(uint64_t position, const Collective &collective) {
  return wait(position, collective);
}

void Meeting::reset() {
  for (Slot &slot : slots)
    slot.barriers = 0;
}
