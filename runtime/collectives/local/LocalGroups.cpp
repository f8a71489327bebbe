//===- LocalGroups.cpp - Groups in shared memory --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/local/LocalGroups.h"
#include "runtime/base/Text.h"
#include "runtime/collectives/local/Reduce.h"

#include <algorithm>
#include <cstring>

using namespace weft;

static constexpr uint64_t cacheLine = 64;

namespace {
/// What a rank tells the others of its group.
struct alignas(cacheLine) Slot {
  /// Barriers that the rank has come to; the rest is valid from odd ones on.
  std::atomic<uint32_t> barriers = 0;
  const Collective *collective = nullptr;
  const void *source = nullptr;
  void *destination = nullptr;
};
} // namespace

struct LocalGroups::Shared {
  std::vector<uint64_t> axes;
  std::string label;           // "[dp, tp]"
  std::vector<unsigned> ranks; // by position
  std::vector<Slot> slots;
  std::vector<std::unique_ptr<Member>> members;
};

class LocalGroups::Member final : public Group, Watchdog::Condition {
public:
  Member(Shared &shared, Watchdog &watchdog, unsigned rank, uint64_t position)
      : Group(shared.axes, position), shared(shared), watchdog(watchdog),
        rank(rank), sources(shared.ranks.size()),
        destinations(shared.ranks.size()) {}

  Status run(const Collective &collective, const void *source,
             void *destination) override;

private:
  Slot &slot() { return shared.slots[position()]; }
  bool hasArrived(size_t other) const {
    // A difference, because counts wrap around.
    return static_cast<int32_t>(shared.slots[other].barriers.load() - target) >=
           0;
  }
  bool isMet() const override {
    for (size_t other = 0; other != shared.slots.size(); ++other)
      if (!hasArrived(other))
        return false;
    return true;
  }
  bool isHopeless() const override {
    for (size_t other = 0; other != shared.slots.size(); ++other)
      if (!hasArrived(other) && watchdog.hasEnded(shared.ranks[other]) &&
          !hasArrived(other))
        return true;
    return false;
  }

  Status barrier(const Collective &collective);
  Status checkAgreement(const Collective &collective);
  Status explain(const Collective &collective, Watchdog::Outcome outcome);
  std::string describe(const Collective &collective) const;
  void allReduce(const Collective &collective);
  void reduceScatter(const Collective &collective);
  void gather(const Collective &collective);

  Shared &shared;
  Watchdog &watchdog;
  const unsigned rank;
  uint32_t target = 0;               // the barrier this rank is at
  std::vector<const void *> sources; // of each rank; moved along by the loops
  std::vector<void *> destinations;
};

//===----------------------------------------------------------------------===//
// Meeting
//===----------------------------------------------------------------------===//

std::string LocalGroups::Member::describe(const Collective &collective) const {
  return std::string(name(collective.kind)) + " over " + shared.label + " of " +
         std::to_string(collective.bytes()) + " bytes";
}

/// Who arrived and who did not; success when nobody is missing any longer.
Status LocalGroups::Member::explain(const Collective &collective,
                                    Watchdog::Outcome outcome) {
  if (outcome == Watchdog::Outcome::Failed)
    return Status::error("another rank failed");
  std::string arrived, missing, ended;
  for (size_t other = 0; other != shared.slots.size(); ++other) {
    unsigned its = shared.ranks[other];
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
  return Status::error(describe(collective) + ": " + arrived +
                       " arrived, but " + missing + " did not" + when);
}

Status LocalGroups::Member::barrier(const Collective &collective) {
  ++target;
  slot().barriers.store(target);
  watchdog.wakeWaiters();
  Watchdog::Outcome outcome = watchdog.wait(rank, *this);
  return outcome == Watchdog::Outcome::Met ? Status::ok()
                                           : explain(collective, outcome);
}

/// Ranks that mean different things would leave each other's buffers.
Status LocalGroups::Member::checkAgreement(const Collective &collective) {
  for (size_t other = 0; other != shared.slots.size(); ++other) {
    const Collective &its = *shared.slots[other].collective;
    if (its == collective)
      continue;
    return Status::error(describe(collective) + " of " + watchdog.name(rank) +
                         " meets another collective, " + describe(its) +
                         " of " + watchdog.name(shared.ranks[other]) +
                         "; all ranks of a group must do the same");
  }
  return Status::ok();
}

Status LocalGroups::Member::run(const Collective &collective,
                                const void *source, void *destination) {
  target = slot().barriers.load(std::memory_order_relaxed);
  slot().collective = &collective;
  slot().source = source;
  slot().destination = destination;
  WEFT_RETURN_IF_ERROR(barrier(collective));
  WEFT_RETURN_IF_ERROR(checkAgreement(collective));
  for (size_t other = 0; other != shared.slots.size(); ++other) {
    sources[other] = shared.slots[other].source;
    destinations[other] = shared.slots[other].destination;
  }
  switch (collective.kind) {
  case CollectiveKind::AllReduce:
    allReduce(collective);
    break;
  case CollectiveKind::ReduceScatter:
    reduceScatter(collective);
    break;
  case CollectiveKind::AllGather:
  case CollectiveKind::AllToAll:
    gather(collective);
    break;
  }
  return barrier(collective);
}

//===----------------------------------------------------------------------===//
// Moving data
//===----------------------------------------------------------------------===//

static const void *advance(const void *pointer, uint64_t bytes) {
  return static_cast<const char *>(pointer) + bytes;
}
static void *advance(void *pointer, uint64_t bytes) {
  return static_cast<char *>(pointer) + bytes;
}

void LocalGroups::Member::allReduce(const Collective &collective) {
  // Shares are whole cache lines, which two ranks would otherwise fight over.
  uint64_t width = byteWidth(collective.type);
  uint64_t count = collective.bytes() / width;
  uint64_t ranks = shared.slots.size();
  Block share = blockOf(count, cacheLine / width, {&ranks, 1}, position());
  for (const void *&source : sources)
    source = advance(source, share.begin * width);
  for (void *&destination : destinations)
    destination = advance(destination, share.begin * width);
  reduce(collective.reduction, collective.type, sources, destinations,
         share.size());
}

void LocalGroups::Member::reduceScatter(const Collective &collective) {
  // Source [outer, split, inner], destination [outer, own block, inner].
  uint64_t width = byteWidth(collective.type);
  Block own = collective.splitBlock(axes(), position());
  uint64_t run = own.size() * collective.inner;
  if (run == 0)
    return;
  uint64_t stride = collective.split * collective.inner * width;
  void *destination = destinations[position()];
  for (const void *&source : sources)
    source = advance(source, own.begin * collective.inner * width);
  for (uint64_t row = 0; row != collective.outer; ++row) {
    reduce(collective.reduction, collective.type, sources, {&destination, 1},
           run);
    destination = advance(destination, run * width);
    for (const void *&source : sources)
      source = advance(source, stride);
  }
}

void LocalGroups::Member::gather(const Collective &collective) {
  // From the source of each rank, its block of the concatenated dimension and
  // this rank's block of the split one.
  uint64_t inner = collective.inner * byteWidth(collective.type);
  Block split = collective.splitBlock(axes(), position());
  for (size_t other = 0; other != sources.size(); ++other) {
    Block concat = collective.concatBlock(axes(), other);
    // Rows [outer, major, middle] of bytes, of the minor dimension.
    bool splitIsMajor = collective.splitIsMajor;
    uint64_t majors = splitIsMajor ? split.size() : concat.size();
    uint64_t run = (splitIsMajor ? concat.size() : split.size()) * inner;
    if (run == 0)
      continue;
    uint64_t sourceRow = splitIsMajor ? run : collective.split * inner;
    uint64_t targetRow = splitIsMajor ? collective.concat * inner : run;
    uint64_t sourceMajors = splitIsMajor ? collective.split : concat.size();
    uint64_t targetMajors = splitIsMajor ? split.size() : collective.concat;
    uint64_t sourceFirst = splitIsMajor ? split.begin : 0;
    uint64_t targetFirst = splitIsMajor ? 0 : concat.begin;
    uint64_t sourceSkip = splitIsMajor ? 0 : split.begin * inner;
    uint64_t targetSkip = splitIsMajor ? concat.begin * inner : 0;
    for (uint64_t row = 0; row != collective.outer; ++row)
      for (uint64_t major = 0; major != majors; ++major)
        for (uint64_t middle = 0; middle != collective.middle; ++middle) {
          uint64_t from =
              (row * sourceMajors + sourceFirst + major) * collective.middle +
              middle;
          uint64_t to =
              (row * targetMajors + targetFirst + major) * collective.middle +
              middle;
          std::memmove(
              advance(destinations[position()], to * targetRow + targetSkip),
              advance(sources[other], from * sourceRow + sourceSkip), run);
        }
  }
}

//===----------------------------------------------------------------------===//
// Groups of a mesh
//===----------------------------------------------------------------------===//

LocalGroups::LocalGroups(std::vector<Axis> mesh,
                         std::vector<std::vector<uint64_t>> coordinates,
                         Watchdog &watchdog)
    : mesh(std::move(mesh)), coordinates(std::move(coordinates)),
      watchdog(watchdog) {}
LocalGroups::~LocalGroups() = default;

Group &LocalGroups::find(unsigned rank, const std::vector<std::string> &axes) {
  std::vector<size_t> along;
  for (const std::string &axis : axes)
    for (size_t i = 0; i != mesh.size(); ++i)
      if (mesh[i].name == axis)
        along.push_back(i);
  auto othersOf = [&](unsigned of) {
    std::vector<uint64_t> others = coordinates[of];
    for (size_t axis : along)
      others[axis] = 0;
    return others;
  };
  auto positionOf = [&](unsigned of) {
    uint64_t position = 0;
    for (size_t axis : along)
      position = position * mesh[axis].size + coordinates[of][axis];
    return position;
  };
  std::unique_ptr<Shared> &group = groups[{along, othersOf(rank)}];
  if (!group) {
    group = std::make_unique<Shared>();
    uint64_t size = 1;
    for (size_t axis : along) {
      size *= mesh[axis].size;
      group->axes.push_back(mesh[axis].size);
      group->label += (group->label.empty() ? "[" : ", ") + mesh[axis].name;
    }
    group->label += group->label.empty() ? "[]" : "]";
    group->ranks.resize(size);
    group->slots = std::vector<Slot>(size);
    for (unsigned other = 0; other != coordinates.size(); ++other)
      if (othersOf(other) == othersOf(rank))
        group->ranks[positionOf(other)] = other;
    for (uint64_t position = 0; position != size; ++position)
      group->members.push_back(std::make_unique<Member>(
          *group, watchdog, group->ranks[position], position));
  }
  return *group->members[positionOf(rank)];
}

void LocalGroups::reset() {
  for (auto &[key, group] : groups)
    for (Slot &slot : group->slots)
      slot.barriers = 0;
}
