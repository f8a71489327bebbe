//===- Settings.h - What the environment says of the devices ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_SETTINGS_H
#define RUNTIME_CUSIM_DRIVER_SETTINGS_H

#include "runtime/cusim/emit/CompileOptions.h"
#include "runtime/cusim/machine/Device.h"
#include "weft/Status.h"

#include <string>

namespace weft::cusim {

/// CUSIM_* variables; docs/cusim.md explains them.
struct Settings {
  /// CUSIM_DEVICES: how many devices there are.
  unsigned devices = 1;
  /// CUSIM_ARCH, such as sm_80: which GPU the devices say they are.
  std::string arch = "sm_80";
  /// CUSIM_MEMORY: bytes of each device; 0 is that of the GPU.
  uint64_t memory = 0;
  /// CUSIM_CHECK: none, bounds or all; CUSIM_WIDTH: 1 or 32.
  CompileOptions compile;
  /// CUSIM_SEED, CUSIM_THREADS, CUSIM_COPIES, CUSIM_TIMEOUT.
  ScheduleOptions schedule;
  /// CUSIM_STREAMS: with `late`, a stream's work runs when something waits for
  /// it and not before; with `eager`, as soon as it can.
  bool isLate = false;
  /// CUSIM_CACHE: folder of compiled kernels; empty: none.
  std::string cache;
  /// CUSIM_COUNTERS: file that gets a line of JSON for each launch.
  std::string counters;

  static StatusOr<Settings> fromEnvironment();
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_DRIVER_SETTINGS_H
