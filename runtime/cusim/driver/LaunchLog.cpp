//===- LaunchLog.cpp - What launches leave behind in writing --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/LaunchLog.h"

#include <fstream>
#include <mutex>
#include <sstream>

using namespace weft::cusim;

std::string weft::cusim::asLogLines(const std::string &text) {
  std::istringstream lines(text);
  std::string line, result;
  while (std::getline(lines, line))
    result += (result.empty() ? "========= " : "\n========= ") + line;
  return result;
}

void weft::cusim::logCounters(const std::string &path,
                              const CompiledKernel &kernel,
                              const LaunchParameters &parameters,
                              const Counters &counters) {
  auto list = [](const uint32_t *sizes) {
    return "[" + std::to_string(sizes[0]) + ", " + std::to_string(sizes[1]) +
           ", " + std::to_string(sizes[2]) + "]";
  };
  std::ostringstream line;
  line << "{\"kernel\": \"" << kernel.name
       << "\", \"grid\": " << list(parameters.grid)
       << ", \"block\": " << list(parameters.block)
       << ", \"instructions\": " << counters.instructions
       << ", \"load_sectors\": " << counters.loadSectors
       << ", \"ideal_load_sectors\": " << counters.idealLoadSectors
       << ", \"store_sectors\": " << counters.storeSectors
       << ", \"ideal_store_sectors\": " << counters.idealStoreSectors
       << ", \"shared_accesses\": " << counters.sharedAccesses
       << ", \"bank_conflicts\": " << counters.bankConflicts << "}\n";
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  std::ofstream(path, std::ios::app) << line.str();
}
