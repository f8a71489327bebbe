//===- Simulator.h - Runs C++ functions as kernels --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel is a function of a strand that calls the hooks, as compiled PTX
// does. Its sites are made up: site i stands in line i + 1.
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_MACHINE_SIMULATOR_H
#define TEST_RUNTIME_CUSIM_MACHINE_SIMULATOR_H

#include "runtime/cusim/machine/Device.h"
#include "runtime/cusim/machine/Hooks.h"
#include "test/runtime/cusim/TestMemory.h"

#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weft::cusim::testing {

class FakeModule final : public CompiledModule {
public:
  FakeModule(KernelFunction function, CompileOptions options,
             uint32_t sharedBytes, uint32_t localBytes)
      : compileOptions(options) {
    compiled.name = "kernel";
    compiled.function = function;
    compiled.parameterBytes = 64;
    compiled.staticSharedBytes = sharedBytes;
    compiled.localBytes = localBytes;
    for (uint32_t line = 1; line <= 16; ++line)
      siteList.push_back({line, "site" + std::to_string(line - 1), "kernel"});
  }

  const ptx::Module &module() const override { return ptxModule; }
  const CompileOptions &options() const override { return compileOptions; }
  StatusOr<const CompiledKernel *> kernel(const std::string &) override {
    return &compiled;
  }
  const std::vector<Site> &sites() const override { return siteList; }

  ptx::Module ptxModule;
  CompiledKernel compiled;

private:
  CompileOptions compileOptions;
  std::vector<Site> siteList;
};

struct Options {
  CompileOptions compile;
  ScheduleOptions schedule;
  uint32_t sharedBytes = 0;
  uint32_t localBytes = 0;
};

inline Options ofWidth(unsigned width) {
  Options options;
  options.compile.width = width;
  options.schedule.threads = 1;
  options.schedule.timeout = 20;
  return options;
}

/// A device with memory, and one kernel.
class Simulator : public TestMemory {
public:
  Simulator(KernelFunction function, Options options)
      : TestMemory(2), device(0, addresses, options.schedule),
        fake(std::make_shared<FakeModule>(function, options.compile,
                                          options.sharedBytes,
                                          options.localBytes)) {
    loaded = *device.load(fake);
    device.setOutput([this](std::string_view text) { output += text; });
  }

  LaunchReport launch(uint32_t grid, uint32_t block,
                      std::initializer_list<uint64_t> parameters) {
    LaunchParameters launched;
    launched.grid[0] = grid;
    launched.block[0] = block;
    return launch(launched, parameters);
  }

  LaunchReport launch(LaunchParameters launched,
                      std::initializer_list<uint64_t> parameters) {
    uint64_t bytes[8] = {};
    std::copy(parameters.begin(), parameters.end(), bytes);
    launched.parameters = bytes;
    return device.launch(*loaded, fake->compiled, launched, &counters);
  }

  Device device;
  std::shared_ptr<FakeModule> fake;
  std::shared_ptr<LoadedModule> loaded;
  Counters counters;
  std::string output;
};

// What compiled code would do inline.

inline uint64_t parameter(const Strand *strand, unsigned index) {
  uint64_t value;
  std::memcpy(&value, strand->parameters + 8 * index, 8);
  return value;
}

inline uint32_t threadIndex(const Strand *strand, unsigned lane = 0) {
  return strand->tid[0][lane];
}

inline uint32_t globalIndex(const Strand *strand, unsigned lane = 0) {
  return strand->ctaid[0] * strand->ntid[0] + strand->tid[0][lane];
}

inline uint64_t sharedAddress(uint64_t offset) {
  return SharedTag << TagShift | offset;
}

/// Of the strand's first lane; hooks read and write a place for each lane.
inline uint32_t loadWord(Strand *strand, uint64_t address, uint32_t site = 0) {
  uint64_t addresses[WarpSize] = {address};
  uint32_t values[WarpSize] = {};
  cusim_gather(strand, 1, addresses, values, 4, 1,
               static_cast<uint32_t>(AccessKind::Load), site);
  return values[0];
}

inline void storeWord(Strand *strand, uint64_t address, uint32_t value,
                      uint32_t site = 1) {
  uint64_t addresses[WarpSize] = {address};
  uint32_t values[WarpSize] = {value};
  cusim_scatter(strand, 1, addresses, values, 4, 1,
                static_cast<uint32_t>(AccessKind::Store), site);
}

inline void synchronize(Strand *strand, uint32_t site = 2) {
  cusim_barrier(strand, strand->live, 0, 0, 0, 0, 1, site);
}

/// The reports, one after the other, for messages of failed tests.
inline std::string textOf(const LaunchReport &report) {
  std::string text;
  for (const Report &finding : report.findings)
    text += finding.toText();
  return text;
}

} // namespace weft::cusim::testing

#endif // TEST_RUNTIME_CUSIM_MACHINE_SIMULATOR_H
