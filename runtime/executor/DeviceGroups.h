//===- DeviceGroups.h - How the ranks of a model exchange data --*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_EXECUTOR_DEVICEGROUPS_H
#define RUNTIME_EXECUTOR_DEVICEGROUPS_H

#include "runtime/collectives/Groups.h"
#include "runtime/collectives/Watchdog.h"
#include "runtime/executor/Devices.h"
#include "weft/artifact.pb.h"

namespace weft {

/// The groups of the ranks of an artifact on these devices, one for each rank:
/// over the host's memory where the devices share it; by NCCL on CUDA devices,
/// if it is there; otherwise by copies through the host. The devices and the
/// watchdog outlive them.
std::unique_ptr<Groups> createGroups(const artifact::Manifest &manifest,
                                     const Devices &devices,
                                     Watchdog &watchdog);

} // namespace weft

#endif // RUNTIME_EXECUTOR_DEVICEGROUPS_H
