//===- NcclGroups.h - Groups of CUDA devices --------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One communicator for each set of axes and the ranks along it. The ranks of a
// group meet on the host before each collective, so that none is given to NCCL
// unless all ranks give the same: who is missing is known by name, and nothing
// waits on a device for a rank that never comes. Should a device fail later,
// `abort` ends what the others do.
//
// Blocks that do not lie together are packed by strided copies. Uneven ones are
// sent to each rank by itself. Sums come in NCCL's order, the same in every run
// and on all ranks. What NCCL cannot reduce (16-bit integers) goes through the
// host.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_NCCL_NCCLGROUPS_H
#define RUNTIME_COLLECTIVES_NCCL_NCCLGROUPS_H

#include "runtime/collectives/nccl/NcclLibrary.h"
#include "runtime/collectives/staged/StagedGroups.h"
#include "runtime/device/cuda/DriverLibrary.h"

#include <functional>
#include <mutex>

namespace weft {

class NcclGroups final : public Groups {
public:
  /// The device of a rank.
  struct Place {
    int ordinal = 0;
    cuda::CUcontext context = nullptr;
    std::shared_ptr<const void> owner; // of the context
  };
  /// What all groups use.
  struct Platform {
    std::shared_ptr<const cuda::DriverLibrary> driver;
    std::shared_ptr<const cuda::NcclLibrary> nccl;
    std::vector<Place> places; // of each rank
    std::function<cuda::CUstream(Queue &)> streamOf;
  };
  NcclGroups(std::vector<RankMesh::Axis> mesh,
             std::vector<std::vector<uint64_t>> coordinates, Watchdog &watchdog,
             Platform platform);
  ~NcclGroups() override;

  std::string name() const override { return platform.nccl->name(); }
  Group &find(unsigned rank, const std::vector<std::string> &axes) override;
  Status prepare() override;
  void abort() override;
  Status check() override;
  void reset() override;

private:
  struct Shared;
  class Member;

  const Platform platform;
  RankMesh mesh;
  Watchdog &watchdog;
  StagedGroups host;
  std::map<RankGroup, std::unique_ptr<Shared>> groups;
  std::mutex mutex; // of the communicators, which `abort` takes away
};

} // namespace weft

#endif // RUNTIME_COLLECTIVES_NCCL_NCCLGROUPS_H
