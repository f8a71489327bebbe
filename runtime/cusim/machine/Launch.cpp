//===- Launch.cpp - One grid while it runs --------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Launch.h"
#include "runtime/cusim/machine/Random.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace weft::cusim {
namespace {

constexpr size_t MaxFindings = 100;
/// Of larger grids, the blocks begin in order.
constexpr uint64_t MaxShuffledUnits = uint64_t(1) << 24;
constexpr uint32_t DynamicSharedAlignment = 16;
std::atomic<uint64_t> launches{0};

uint32_t roundUp(uint32_t value, uint32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

} // namespace

Launch::Launch(unsigned device, AddressSpace &addresses, LoadedModule &module,
               const CompiledKernel &kernel, const LaunchParameters &parameters,
               const ScheduleOptions &options)
    : device(device), addresses(addresses), module(module), kernel(kernel),
      parameters(parameters), options(options),
      compileOptions(module.compiled().options()),
      id(launches.fetch_add(1, std::memory_order_relaxed) + 1) {
  threadsPerBlock =
      parameters.block[0] * parameters.block[1] * parameters.block[2];
  strandsPerBlock =
      (threadsPerBlock + compileOptions.width - 1) / compileOptions.width;
  dynamicSharedOffset = kernel.staticSharedBytes;
  if (parameters.dynamicSharedBytes)
    dynamicSharedOffset =
        roundUp(kernel.staticSharedBytes, DynamicSharedAlignment);
  sharedBytes = dynamicSharedOffset + parameters.dynamicSharedBytes;
  blocksPerUnit = 1;
  unitCount = 1;
  for (unsigned axis = 0; axis < 3; ++axis) {
    blocksPerUnit *= parameters.cluster[axis];
    units[axis] = parameters.grid[axis] / parameters.cluster[axis];
    unitCount *= units[axis];
  }
  if (options.timeout > 0)
    deadline = std::chrono::steady_clock::now() +
               std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::duration<double>(options.timeout));
  if (options.seed == 0 || unitCount > MaxShuffledUnits)
    return;
  order.resize(unitCount);
  std::iota(order.begin(), order.end(), 0);
  Random random(options.seed);
  for (uint32_t i = static_cast<uint32_t>(unitCount); i > 1; --i)
    std::swap(order[i - 1], order[random.below(i)]);
}

bool Launch::takeUnit(uint64_t &unit) {
  if (isEnded() || !hasUnits())
    return false;
  uint64_t taken = nextUnit.fetch_add(1, std::memory_order_relaxed);
  if (taken >= unitCount)
    return false;
  unit = order.empty() ? taken : order[taken];
  return true;
}

void Launch::add(Report finding, bool isFatal) {
  std::scoped_lock lock(mutex);
  bool isKnown = std::any_of(
      report.findings.begin(), report.findings.end(), [&](const Report &known) {
        return known.kind == finding.kind && known.line == finding.line &&
               known.otherLine == finding.otherLine;
      });
  // Of cores that fault at once, one reports.
  bool isLate = report.isFaulted;
  if (!isLate &&
      (isFatal || (!isKnown && report.findings.size() < MaxFindings)))
    report.findings.push_back(std::move(finding));
  if (isFatal) {
    report.isFaulted = true;
    ended.store(true, std::memory_order_relaxed);
  }
}

void Launch::print(uint64_t block, const std::string &text) {
  std::scoped_lock lock(mutex);
  printed[block] += text;
}

void Launch::addCounters(const Counters &more) {
  std::scoped_lock lock(mutex);
  counters.instructions += more.instructions;
  counters.loadSectors += more.loadSectors;
  counters.idealLoadSectors += more.idealLoadSectors;
  counters.storeSectors += more.storeSectors;
  counters.idealStoreSectors += more.idealStoreSectors;
  counters.sharedAccesses += more.sharedAccesses;
  counters.bankConflicts += more.bankConflicts;
}

} // namespace weft::cusim
