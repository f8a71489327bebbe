//===- LocalGroups.h - Groups in shared memory ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ranks are threads of one process, so each reads what the others have where it
// lies. A collective has two barriers. Before the first, each rank publishes
// where its source and its destination are; after the last, nobody reads them
// any more. Between the two
//   all_reduce       each rank reduces its share of the elements, reading all
//                    sources, and writes them to all destinations: in place,
//                    too, since nobody else touches that share
//   reduce_scatter   each reduces its own block
//   all_gather, all_to_all  each copies the blocks it needs from where they
//   are.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_LOCAL_LOCALGROUPS_H
#define RUNTIME_COLLECTIVES_LOCAL_LOCALGROUPS_H

#include "runtime/collectives/Groups.h"
#include "runtime/collectives/RankMesh.h"
#include "runtime/collectives/Watchdog.h"

#include <map>
#include <memory>

namespace weft {

/// All groups of a mesh whose ranks are threads of this process, over the
/// host's memory.
class LocalGroups final : public Groups {
public:
  using Axis = RankMesh::Axis;
  /// `coordinates` holds those of each rank on `mesh`. The watchdog knows the
  /// same ranks, and outlives the groups.
  LocalGroups(std::vector<Axis> mesh,
              std::vector<std::vector<uint64_t>> coordinates,
              Watchdog &watchdog);
  ~LocalGroups() override;

  std::string name() const override { return "threads of this process"; }
  Group &find(unsigned rank, const std::vector<std::string> &axes) override;
  void reset() override;

private:
  struct Shared;
  class Member;

  RankMesh mesh;
  Watchdog &watchdog;
  std::map<RankGroup, std::unique_ptr<Shared>> groups;
};

} // namespace weft

#endif // RUNTIME_COLLECTIVES_LOCAL_LOCALGROUPS_H
