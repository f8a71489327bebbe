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

#include "runtime/collectives/Group.h"
#include "runtime/collectives/Watchdog.h"

#include <map>
#include <memory>
#include <string>

namespace weft {

/// All groups of a mesh whose ranks are threads of this process.
class LocalGroups {
public:
  struct Axis {
    std::string name;
    uint64_t size;
  };
  /// `coordinates` holds those of each rank on `mesh`. The watchdog knows the
  /// same ranks, and outlives the groups.
  LocalGroups(std::vector<Axis> mesh,
              std::vector<std::vector<uint64_t>> coordinates,
              Watchdog &watchdog);
  ~LocalGroups();

  /// Rank `rank`'s group over axes of the mesh. Not while ranks run.
  Group &find(unsigned rank, const std::vector<std::string> &axes);

  /// Forgets collectives that a failed run left undone. Not while ranks run.
  void reset();

private:
  struct Shared;
  class Member;
  using Key = std::pair<std::vector<size_t>, std::vector<uint64_t>>;

  std::vector<Axis> mesh;
  std::vector<std::vector<uint64_t>> coordinates;
  Watchdog &watchdog;
  /// By axes, and by the coordinates on all others.
  std::map<Key, std::unique_ptr<Shared>> groups;
};

} // namespace weft

#endif // RUNTIME_COLLECTIVES_LOCAL_LOCALGROUPS_H
