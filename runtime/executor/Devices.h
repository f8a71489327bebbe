//===- Devices.h - The devices that an artifact runs on ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_EXECUTOR_DEVICES_H
#define RUNTIME_EXECUTOR_DEVICES_H

#include "runtime/device/Device.h"
#include "weft/Runtime.h"
#include "weft/artifact.pb.h"

namespace weft {

/// A device for each rank.
struct Devices {
  std::vector<std::unique_ptr<Device>> list;
  unsigned threads = 0; // of all of them
  bool isOversubscribed = false;
};

/// Opens those that `options` names, or cpu:0, cpu:1, ... for code of a CPU and
/// cuda:0, cuda:1, ... for CUDA. Fails on another number than `ranks`, devices
/// that cannot run code for `target` or are of several kinds, an unknown name,
/// or a device that is named twice.
StatusOr<Devices> openDevices(const LoadOptions &options, unsigned ranks,
                              artifact::Target target);

} // namespace weft

#endif // RUNTIME_EXECUTOR_DEVICES_H
