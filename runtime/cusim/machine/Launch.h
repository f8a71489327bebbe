//===- Launch.h - One grid while it runs ------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What all cores that run blocks of a grid share. Blocks come in units: a
// cluster, or one block when there are no clusters. The blocks of a unit live
// at once, on one core.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_LAUNCH_H
#define RUNTIME_CUSIM_MACHINE_LAUNCH_H

#include "runtime/cusim/machine/Device.h"
#include "runtime/cusim/machine/LoadedModule.h"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace weft::cusim {

class Launch {
public:
  Launch(unsigned device, AddressSpace &addresses, LoadedModule &module,
         const CompiledKernel &kernel, const LaunchParameters &parameters,
         const ScheduleOptions &options);

  /// The next unit to run, in the order of the schedule; false: none is left.
  bool takeUnit(uint64_t &unit);
  bool hasUnits() const {
    return nextUnit.load(std::memory_order_relaxed) < unitCount;
  }

  /// Adds a finding, unless there are too many, or the same was found at the
  /// same place. `isFatal` ends the grid.
  void add(Report report, bool isFatal);
  /// printf's text of a block, numbered in the order of the grid.
  void print(uint64_t block, const std::string &text);
  void addCounters(const Counters &counters);

  /// Ends the grid without a finding, as a process that exits does.
  void end() { ended.store(true, std::memory_order_relaxed); }
  bool isEnded() const { return ended.load(std::memory_order_relaxed); }
  bool isPastDeadline() const {
    return options.timeout > 0 && std::chrono::steady_clock::now() > deadline;
  }

  const unsigned device;
  AddressSpace &addresses;
  LoadedModule &module;
  const CompiledKernel &kernel;
  const LaunchParameters &parameters;
  const ScheduleOptions &options;
  const CompileOptions &compileOptions;

  /// Unique in the process.
  const uint64_t id;
  uint32_t threadsPerBlock;
  uint32_t strandsPerBlock;
  uint32_t sharedBytes;
  uint32_t dynamicSharedOffset;
  uint32_t blocksPerUnit;
  uint64_t unitCount;
  /// As of Strand.
  uint64_t gridBarrier = 0;
  /// Units of each axis.
  uint32_t units[3];

  LaunchReport report;
  Counters counters;
  /// By block; written out when the launch ends.
  std::map<uint64_t, std::string> printed;

private:
  std::atomic<uint64_t> nextUnit{0};
  std::atomic<bool> ended{false};
  std::vector<uint32_t> order;
  std::chrono::steady_clock::time_point deadline;
  std::mutex mutex;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_LAUNCH_H
