//===- TrafficTest.cpp - What kernels move --------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CUDA/HotKernels.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include <gtest/gtest.h>

using namespace weft;

namespace {
/// cusim's file of counters, which the first launch creates.
class CounterFile {
public:
  CounterFile() {
    if (llvm::sys::fs::getPotentiallyUniqueTempFileName("counters", "json",
                                                        path))
      die("no temporary file");
    setenv("CUSIM_COUNTERS", path.c_str(), 1);
  }
  ~CounterFile() { llvm::sys::fs::remove(path); }

  /// Of the last launch.
  llvm::json::Object last() const {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    if (!buffer)
      die("no counters");
    llvm::StringRef line = (*buffer)->getBuffer().rtrim();
    auto parsed = llvm::json::parse(line.substr(line.rfind('\n') + 1));
    if (!parsed)
      die("no counters: " + line);
    return std::move(*parsed->getAsObject());
  }

private:
  llvm::SmallString<64> path;
};

/// cusim reads its settings once, before the first kernel of any test.
const CounterFile counters;
} // namespace

TEST(CUDATraffic, HotKernels) {
  if (std::getenv("WEFT_TEST_GPU"))
    GTEST_SKIP() << "cusim counts, GPUs do not";
  bool isNightly = std::getenv("WEFT_NIGHTLY") != nullptr;
  constexpr double sectorBytes = 32, most = 1.1;
  std::vector<HotKernel> kernels;
  std::string text;
  for (const HotKernel &each : hotKernels())
    if (each.isQuick || isNightly) {
      kernels.push_back(each);
      text += each.text + "\n";
    }
  KernelRunner runner(text, "sm_80");
  for (const HotKernel &each : kernels) {
    SCOPED_TRACE(each.name);
    runner.select(each.name);
    runner.run(each.sizes, each.arguments ? each.arguments(runner)
                                          : runner.makeArguments(each.sizes));
    llvm::json::Object launch = counters.last();
    auto number = [&](llvm::StringRef name) {
      return double(*launch.getInteger(name));
    };
    double loads = number("load_sectors"), stores = number("store_sectors");
    EXPECT_LE((loads + stores) * sectorBytes,
              most * double(each.loads + each.stores));
    EXPECT_LE(loads, most * number("ideal_load_sectors"));
    EXPECT_LE(stores, most * number("ideal_store_sectors"));
    // None in a loop.
    EXPECT_LE(number("bank_conflicts"), 0.001 * number("shared_accesses"));
    if (isNightly)
      std::printf(
          "%-24s traffic %.3f, loads coalesced %.3f, stores %.3f, "
          "conflicts %.4f\n",
          each.name.c_str(),
          (loads + stores) * sectorBytes / double(each.loads + each.stores),
          loads / number("ideal_load_sectors"),
          stores / number("ideal_store_sectors"),
          number("bank_conflicts") / std::max(1.0, number("shared_accesses")));
  }
}
