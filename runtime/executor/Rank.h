//===- Rank.h - One rank of an artifact, on its device ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_EXECUTOR_RANK_H
#define RUNTIME_EXECUTOR_RANK_H

#include "runtime/artifact/Artifact.h"
#include "runtime/executor/Executor.h"

namespace weft {

/// A device with what a rank keeps on it, and an executor for each entry point.
class Rank {
public:
  struct Peers {
    Watchdog &watchdog;
    std::mutex &reporting;
    std::function<Group &(unsigned rank, const std::vector<std::string> &)>
        findGroup;
  };
  /// `artifact` and `peers` must outlive the rank. Weights are used in the
  /// mapped files unless `copiesWeights`, or the device cannot.
  static StatusOr<std::unique_ptr<Rank>>
  load(const Artifact &artifact, unsigned index, std::unique_ptr<Device> device,
       const Peers &peers, bool copiesWeights);

  Device &device() { return *rankDevice; }
  /// What the device does without, for people.
  const std::set<std::string> &notes() const { return residents.notes; }
  Executor &executor(size_t entry) { return *executors[entry]; }
  /// Executor::settle of all.
  bool settle();

private:
  Rank(const Artifact &artifact, unsigned index, std::unique_ptr<Device> device)
      : artifact(artifact), index(index), rankDevice(std::move(device)) {}

  Status loadWeights(bool copies);
  Status loadStates();

  const Artifact &artifact;
  const unsigned index;
  std::unique_ptr<Device> rankDevice;
  Residents residents;
  std::vector<std::unique_ptr<Executor>> executors; // one for each entry point
};

/// "rank 1 (dp=0, tp=1)"; empty for the only rank of an artifact.
std::string rankName(const artifact::Manifest &manifest, unsigned rank);

} // namespace weft

#endif // RUNTIME_EXECUTOR_RANK_H
