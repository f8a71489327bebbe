//===- Device.h - One simulated GPU -----------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_DEVICE_H
#define RUNTIME_CUSIM_MACHINE_DEVICE_H

#include "runtime/cusim/jit/CompiledModule.h"
#include "runtime/cusim/machine/Report.h"
#include "runtime/cusim/memory/AddressSpace.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace weft::cusim {

struct LaunchParameters {
  uint32_t grid[3] = {1, 1, 1};
  uint32_t block[3] = {1, 1, 1};
  /// Blocks of a cluster; all 1 without clusters.
  uint32_t cluster[3] = {1, 1, 1};
  uint32_t dynamicSharedBytes = 0;
  /// All blocks of the grid live at once (cuLaunchCooperativeKernel).
  bool isCooperative = false;
  /// The block of parameters, CompiledKernel::parameterBytes long.
  const void *parameters = nullptr;
};

struct ScheduleOptions {
  /// Cores that run blocks side by side; 0: all that the process may use.
  unsigned threads = 0;
  /// 0: blocks and strands in order. Else the seed of a random order, with a
  /// switch to another strand at random accesses of shared memory and atomics.
  uint64_t seed = 0;
  /// cp.async and bulk copies happen as late as their waits allow (true), or at
  /// once.
  bool deferCopies = true;
  /// Wall-clock limit of a launch in seconds; 0: none. Ends kernels that wait
  /// for what never comes, with a report of who waits where.
  double timeout = 0;
};

/// What a launch did, when CompileOptions::count was set.
struct Counters {
  uint64_t instructions = 0;
  /// 32-byte sectors of global memory that were moved, and the least that the
  /// same bytes need.
  uint64_t loadSectors = 0, idealLoadSectors = 0;
  uint64_t storeSectors = 0, idealStoreSectors = 0;
  /// Accesses of shared memory by a warp, and the extra ones that 32 banks of
  /// 4 bytes cost.
  uint64_t sharedAccesses = 0, bankConflicts = 0;
};

/// A module's variables on one device.
class LoadedModule;

class Device {
public:
  Device(unsigned ordinal, AddressSpace &addresses, ScheduleOptions options);
  ~Device();

  /// Allocates and fills the module's .global and .const variables.
  StatusOr<std::shared_ptr<LoadedModule>>
  load(std::shared_ptr<CompiledModule> module);

  /// Whether the kernel can be launched so: sizes of grid, block and cluster,
  /// shared memory, the limits of the entry (.maxntid, .reqntid, ...).
  static Status check(const CompiledKernel &kernel,
                      const LaunchParameters &parameters);

  /// Runs a grid (that `check` accepts) to its end. The reports say what went
  /// wrong; a launch with a fault leaves memory as it then was.
  LaunchReport launch(LoadedModule &module, const CompiledKernel &kernel,
                      const LaunchParameters &parameters,
                      Counters *counters = nullptr);

  /// Where printf goes, once a launch, in the order of blocks; stdout if none.
  void setOutput(std::function<void(std::string_view)> output);

private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

/// The tagged address of a variable, and its bytes; nullptr: no such variable.
struct LoadedVariable {
  uint64_t address;
  uint64_t bytes;
};
const LoadedVariable *findVariable(const LoadedModule &module,
                                   const std::string &name);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_DEVICE_H
