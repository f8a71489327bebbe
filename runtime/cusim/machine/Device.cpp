//===- Device.cpp - One simulated GPU -------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Device.h"
#include "runtime/cusim/machine/Launch.h"
#include "runtime/cusim/machine/LoadedModule.h"
#include "runtime/cusim/machine/Scheduler.h"
#include "runtime/cusim/machine/Text.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <unordered_map>

namespace weft::cusim {
namespace {

// CUDA C++ Programming Guide, "Technical Specifications per Compute
// Capability", for 9.0; a portable cluster has 8 blocks, 16 is the most.
constexpr uint64_t MaxThreads = 1024;
constexpr uint32_t MaxBlock[3] = {1024, 1024, 64};
constexpr uint32_t MaxGrid[3] = {0x7fffffff, 65535, 65535};
constexpr uint64_t MaxSharedBytes = 227 * 1024;
constexpr uint64_t MaxClusterBlocks = 16;
/// cooperative_groups/details/sync.h has two words there.
constexpr uint64_t GridBarrierBytes = 16;

Status checkBlock(const ptx::Function &entry, const uint32_t block[3]) {
  if (entry.requiredThreads[0] &&
      !std::equal(block, block + 3, entry.requiredThreads))
    return Status::error("blocks of " + triple(block) +
                         " threads, but .reqntid expects " +
                         triple(entry.requiredThreads));
  uint64_t threads = uint64_t(block[0]) * block[1] * block[2];
  uint64_t most = 1;
  for (uint32_t limit : entry.maxThreads)
    most *= std::max<uint32_t>(1, limit);
  if (entry.maxThreads[0] && threads > most)
    return Status::error("blocks of " + std::to_string(threads) +
                         " threads, but .maxntid expects " +
                         std::to_string(most) + " at most");
  return Status::ok();
}

Status checkCluster(const LaunchParameters &parameters) {
  uint64_t blocks = 1;
  for (unsigned axis = 0; axis < 3; ++axis) {
    uint32_t size = parameters.cluster[axis];
    if (size == 0 || parameters.grid[axis] % size != 0)
      return Status::error("clusters of " + triple(parameters.cluster) +
                           " blocks do not divide a grid of " +
                           triple(parameters.grid));
    blocks *= size;
  }
  if (blocks > MaxClusterBlocks)
    return Status::error("clusters of " + std::to_string(blocks) +
                         " blocks, expected " +
                         std::to_string(MaxClusterBlocks) + " at most");
  return Status::ok();
}

} // namespace

struct Device::Implementation {
  unsigned ordinal;
  AddressSpace &addresses;
  ScheduleOptions options;
  std::function<void(std::string_view)> output;
  std::mutex mutex;
  /// What a unit of a kernel took last.
  std::unordered_map<const CompiledKernel *, double> unitNanoseconds;
};

Device::Device(unsigned ordinal, AddressSpace &addresses,
               ScheduleOptions options)
    : implementation(
          new Implementation{ordinal, addresses, options, {}, {}, {}}) {}

Device::~Device() = default;

StatusOr<std::shared_ptr<LoadedModule>>
Device::load(std::shared_ptr<CompiledModule> module) {
  auto loaded = std::make_shared<LoadedModule>(std::move(module),
                                               implementation->addresses);
  WEFT_RETURN_IF_ERROR(loaded->load(implementation->ordinal));
  return loaded;
}

void Device::setOutput(std::function<void(std::string_view)> output) {
  implementation->output = std::move(output);
}

Status Device::check(const CompiledKernel &kernel,
                     const LaunchParameters &parameters) {
  uint64_t threads = 1;
  for (unsigned axis = 0; axis < 3; ++axis) {
    uint32_t blocks = parameters.grid[axis];
    if (blocks == 0 || blocks > MaxGrid[axis])
      return Status::error("a grid of " + triple(parameters.grid) +
                           " blocks, expected 1 to " + triple(MaxGrid));
    uint32_t size = parameters.block[axis];
    if (size == 0 || size > MaxBlock[axis])
      return Status::error("blocks of " + triple(parameters.block) +
                           " threads, expected 1 to " + triple(MaxBlock));
    threads *= size;
  }
  if (threads > MaxThreads)
    return Status::error("blocks of " + std::to_string(threads) +
                         " threads, expected " + std::to_string(MaxThreads) +
                         " at most");
  uint64_t sharedBytes =
      uint64_t(kernel.staticSharedBytes) + parameters.dynamicSharedBytes;
  if (sharedBytes > MaxSharedBytes)
    return Status::error("blocks with " + std::to_string(sharedBytes) +
                         " bytes of shared memory, expected " +
                         std::to_string(MaxSharedBytes) + " at most");
  if (kernel.parameterBytes && !parameters.parameters)
    return Status::error("no parameters, but the kernel has " +
                         std::to_string(kernel.parameterBytes) +
                         " bytes of them");
  WEFT_RETURN_IF_ERROR(checkCluster(parameters));
  if (!kernel.entry)
    return Status::ok();
  const uint32_t *required = kernel.entry->requiredCluster;
  if (required[0] && !std::equal(required, required + 3, parameters.cluster))
    return Status::error("clusters of " + triple(parameters.cluster) +
                         " blocks, but .reqnctapercluster expects " +
                         triple(required));
  return checkBlock(*kernel.entry, parameters.block);
}

LaunchReport Device::launch(LoadedModule &module, const CompiledKernel &kernel,
                            const LaunchParameters &parameters,
                            Counters *counters) {
  double unitNanoseconds = 0;
  {
    std::scoped_lock lock(implementation->mutex);
    unitNanoseconds = implementation->unitNanoseconds[&kernel];
  }
  Launch launch(implementation->ordinal, implementation->addresses, module,
                kernel, parameters, implementation->options);
  if (parameters.isCooperative) {
    StatusOr<uint64_t> barrier = implementation->addresses.allocate(
        implementation->ordinal, GridBarrierBytes);
    if (!barrier) {
      Report noMemory;
      noMemory.kind = Report::Kind::IllegalInstruction;
      noMemory.kernel = kernel.name;
      noMemory.detail = "the barrier of the grid: " + barrier.message();
      return {{std::move(noMemory)}, /*isFaulted=*/true};
    }
    launch.gridBarrier = *barrier;
    std::memset(AddressSpace::hostPointer(*barrier), 0, GridBarrierBytes);
  }
  Scheduler::get().run(launch, implementation->options.threads,
                       unitNanoseconds);
  if (launch.gridBarrier)
    (void)implementation->addresses.free(launch.gridBarrier);
  for (const auto &[block, text] : launch.printed) {
    if (implementation->output)
      implementation->output(text);
    else
      std::fwrite(text.data(), 1, text.size(), stdout);
  }
  if (counters)
    *counters = launch.counters;
  std::scoped_lock lock(implementation->mutex);
  implementation->unitNanoseconds[&kernel] = unitNanoseconds;
  return std::move(launch.report);
}

} // namespace weft::cusim
