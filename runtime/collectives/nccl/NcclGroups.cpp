//===- NcclGroups.cpp - Groups of CUDA devices ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/nccl/NcclGroups.h"
#include "runtime/collectives/nccl/NcclMember.h"

using namespace weft;
using namespace weft::cuda;

struct NcclGroups::Shared {
  Shared(RankGroup group, Watchdog &watchdog)
      : meeting(std::move(group), watchdog) {}
  Meeting meeting;
  std::vector<std::unique_ptr<Member>> members;
};

NcclGroups::NcclGroups(std::vector<RankMesh::Axis> mesh,
                       std::vector<std::vector<uint64_t>> coordinates,
                       Watchdog &watchdog, Platform platform)
    : platform(std::move(platform)), mesh(mesh, coordinates),
      watchdog(watchdog), host(std::move(mesh), std::move(coordinates),
                               watchdog, "NCCL has no such type") {}
NcclGroups::~NcclGroups() = default;

Group &NcclGroups::find(unsigned rank, const std::vector<std::string> &axes) {
  RankGroup group = mesh.groupOf(rank, axes);
  uint64_t position = group.positionOf(rank);
  std::unique_ptr<Shared> &shared = groups[group];
  if (!shared) {
    shared = std::make_unique<Shared>(group, watchdog);
    for (uint64_t at = 0; at != group.size(); ++at)
      shared->members.push_back(std::make_unique<Member>(
          platform, shared->meeting, at, host.find(group.ranks[at], axes)));
  }
  return *shared->members[position];
}

Status NcclGroups::prepare() {
  std::lock_guard lock(mutex);
  for (auto &[group, shared] : groups) {
    if (shared->members[0]->hasJoined())
      continue;
    std::vector<int> devices;
    for (unsigned rank : group.ranks)
      devices.push_back(platform.places[rank].ordinal);
    std::vector<ncclComm_t> handles(group.size());
    Status status = platform.nccl->check(
        platform.nccl->functions().ncclCommInitAll(
            handles.data(), static_cast<int>(handles.size()), devices.data()),
        "ncclCommInitAll");
    if (!status)
      return Status::error("the devices of " + group.label +
                           " cannot join: " + status.message());
    for (size_t at = 0; at != handles.size(); ++at)
      shared->members[at]->join(handles[at]);
  }
  return Status::ok();
}

void NcclGroups::abort() {
  std::lock_guard lock(mutex);
  for (auto &[group, shared] : groups)
    for (std::unique_ptr<Member> &member : shared->members)
      member->abort();
}

Status NcclGroups::check() {
  std::lock_guard lock(mutex);
  for (auto &[group, shared] : groups)
    for (std::unique_ptr<Member> &member : shared->members)
      WEFT_RETURN_IF_ERROR(member->check());
  return Status::ok();
}

void NcclGroups::reset() {
  // What was given to devices before the failure may be half done.
  abort();
  host.reset();
  for (auto &[group, shared] : groups)
    shared->meeting.reset();
}
