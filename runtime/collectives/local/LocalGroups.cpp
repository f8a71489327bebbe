//===- LocalGroups.cpp - Groups in shared memory --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/local/LocalGroups.h"
#include "runtime/collectives/Meeting.h"
#include "runtime/collectives/local/Reduce.h"

#include <cstring>

using namespace weft;

static constexpr uint64_t cacheLine = 64;

class LocalGroups::Member final : public Group {
public:
  Member(Meeting &meeting, uint64_t position)
      : Group(meeting.group().axes, position), meeting(meeting),
        sources(meeting.group().size()), destinations(meeting.group().size()) {}

  Status run(const Collective &collective, const void *source,
             void *destination, Queue *queue) override;

private:
  void allReduce(const Collective &collective);
  void reduceScatter(const Collective &collective);
  void gather(const Collective &collective);

  Meeting &meeting;
  std::vector<const void *> sources; // of each rank; moved along by the loops
  std::vector<void *> destinations;
};

struct LocalGroups::Shared {
  Shared(RankGroup group, Watchdog &watchdog)
      : meeting(std::move(group), watchdog) {}
  Meeting meeting;
  std::vector<std::unique_ptr<Member>> members;
};

Status LocalGroups::Member::run(const Collective &collective,
                                const void *source, void *destination,
                                Queue *) {
  WEFT_RETURN_IF_ERROR(
      meeting.arrive(position(), {collective, source, destination}));
  for (size_t other = 0; other != sources.size(); ++other) {
    const Meeting::Offer &offer = meeting.offerOf(other, position());
    sources[other] = offer.source;
    destinations[other] = offer.destination;
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
  return meeting.leave(position(), collective);
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
  uint64_t ranks = sources.size();
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
    : mesh(std::move(mesh), std::move(coordinates)), watchdog(watchdog) {}
LocalGroups::~LocalGroups() = default;

Group &LocalGroups::find(unsigned rank, const std::vector<std::string> &axes) {
  RankGroup group = mesh.groupOf(rank, axes);
  uint64_t position = group.positionOf(rank);
  std::unique_ptr<Shared> &shared = groups[group];
  if (!shared) {
    shared = std::make_unique<Shared>(std::move(group), watchdog);
    for (uint64_t at = 0; at != shared->meeting.group().size(); ++at)
      shared->members.push_back(std::make_unique<Member>(shared->meeting, at));
  }
  return *shared->members[position];
}

void LocalGroups::reset() {
  for (auto &[group, shared] : groups)
    shared->meeting.reset();
}
