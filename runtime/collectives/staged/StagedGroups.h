//===- StagedGroups.h - Groups of devices through the host ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For devices that have no library of collectives: each rank copies its source
// to the host, the ranks do what ranks on CPUs do, and each copies its
// destination back. Every rank waits for its device meanwhile.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_STAGED_STAGEDGROUPS_H
#define RUNTIME_COLLECTIVES_STAGED_STAGEDGROUPS_H

#include "runtime/collectives/local/LocalGroups.h"

namespace weft {

class StagedGroups final : public Groups {
public:
  /// `reason` says why there is nothing better, for people.
  StagedGroups(std::vector<RankMesh::Axis> mesh,
               std::vector<std::vector<uint64_t>> coordinates,
               Watchdog &watchdog, std::string reason);
  ~StagedGroups() override;

  std::string name() const override {
    return "copies through the host (" + reason + ")";
  }
  bool isMakeshift() const override { return true; }
  Group &find(unsigned rank, const std::vector<std::string> &axes) override;
  void reset() override { host.reset(); }

private:
  class Member;

  LocalGroups host;
  const std::string reason;
  /// One for each rank of each group of the host.
  std::map<Group *, std::unique_ptr<Member>> members;
};

} // namespace weft

#endif // RUNTIME_COLLECTIVES_STAGED_STAGEDGROUPS_H
