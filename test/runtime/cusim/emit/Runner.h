//===- Runner.h - Runs PTX on a simulated device ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_EMIT_RUNNER_H
#define TEST_RUNTIME_CUSIM_EMIT_RUNNER_H

#include "runtime/cusim/machine/Device.h"
#include "test/runtime/cusim/TestMemory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace weft::cusim {

/// A PTX text, compiled for one width, on a device of its own.
class Runner : public TestMemory {
public:
  Runner(const std::string &ptx, CompileOptions options,
         ScheduleOptions schedule = {.threads = 1, .timeout = 20})
      : TestMemory(1), device(0, addresses, schedule) {
    StatusOr<std::shared_ptr<CompiledModule>> created =
        CompiledModule::create(ptx, options, "");
    if (!created) {
      error = created.message();
      return;
    }
    module = *created;
    StatusOr<std::shared_ptr<LoadedModule>> result = device.load(module);
    if (result)
      loaded = *result;
    else
      error = result.message();
  }

  /// Launches with arguments placed as C does.
  template <typename... Arguments>
  LaunchReport launch(const std::string &name, uint32_t grid, uint32_t block,
                      uint32_t dynamicShared, const Arguments &...arguments) {
    StatusOr<const CompiledKernel *> kernel = Status::error(error);
    if (loaded)
      kernel = module->kernel(name);
    if (!kernel) {
      ADD_FAILURE() << kernel.message();
      return {{}, true};
    }
    std::vector<uint8_t> packed = packArguments(arguments...);
    LaunchParameters parameters;
    parameters.grid[0] = grid;
    parameters.block[0] = block;
    parameters.dynamicSharedBytes = dynamicShared;
    parameters.parameters = packed.data();
    return device.launch(*loaded, **kernel, parameters);
  }

  Device device;
  std::shared_ptr<CompiledModule> module;
  std::shared_ptr<LoadedModule> loaded;
  std::string error;
};

inline std::string findings(const LaunchReport &report) {
  std::string text;
  for (const Report &finding : report.findings)
    text += finding.toText() + "\n";
  return text;
}

inline std::string readText(const std::string &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace weft::cusim

#endif // TEST_RUNTIME_CUSIM_EMIT_RUNNER_H
