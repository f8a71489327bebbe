//===- PtxDevice.h - A device for the kernels of one PTX file ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_WARP_PTXDEVICE_H
#define TEST_RUNTIME_CUSIM_WARP_PTXDEVICE_H

#include "test/runtime/cusim/emit/Runner.h"

#include <map>
#include <tuple>

namespace weft::cusim {

/// Lanes a strand, checks, and the seed of the schedule.
struct Mode {
  unsigned width;
  bool checkRaces;
  uint64_t seed;

  /// For the names of tests.
  std::string toText() const {
    return "Width" + std::to_string(width) + (checkRaces ? "Races" : "") +
           "Seed" + std::to_string(seed);
  }
};

/// None of the kernels of these tests has a race.
inline const Mode Modes[] = {{1, false, 0},  {1, false, 1}, {1, false, 2},
                             {1, true, 0},   {1, true, 3},  {32, false, 0},
                             {32, false, 1}, {32, false, 2}};

/// A test of a PTX file's kernels in one mode.
class PtxDeviceTest : public testing::TestWithParam<Mode>,
                      protected TestMemory {
protected:
  explicit PtxDeviceTest(const char *path)
      : TestMemory(1),
        device(0, addresses,
               {.threads = 1, .seed = GetParam().seed, .timeout = 60}),
        module(compiled(path, GetParam())) {}

  /// Launches with arguments placed as C does, and expects no finding.
  template <typename... Arguments>
  void launch(const std::string &name, LaunchParameters parameters,
              const Arguments &...arguments) {
    ASSERT_NE(module, nullptr);
    auto kernel = module->kernel(name);
    ASSERT_TRUE(kernel.isOk()) << kernel.message();
    auto loaded = device.load(module);
    ASSERT_TRUE(loaded.isOk()) << loaded.message();
    std::vector<uint8_t> packed = packArguments(arguments...);
    parameters.parameters = packed.data();
    LaunchReport report = device.launch(**loaded, **kernel, parameters);
    EXPECT_EQ(findings(report), "");
  }

  Device device;
  std::shared_ptr<CompiledModule> module;

private:
  /// Compiled once for each kind of code.
  static std::shared_ptr<CompiledModule> compiled(const char *path,
                                                  const Mode &mode) {
    static std::map<std::tuple<std::string, unsigned, bool>,
                    std::shared_ptr<CompiledModule>>
        modules;
    auto &module = modules[{path, mode.width, mode.checkRaces}];
    if (module)
      return module;
    CompileOptions options;
    options.width = mode.width;
    options.checkRaces = mode.checkRaces;
    auto created = CompiledModule::create(readText(path), options, "");
    if (!created) {
      ADD_FAILURE() << created.message();
      return nullptr;
    }
    return module = *created;
  }
};

/// f16 bits of -3 to 3.
inline uint16_t halfOf(int value) {
  constexpr uint16_t Magnitudes[] = {0, 0x3c00, 0x4000, 0x4200};
  return static_cast<uint16_t>(Magnitudes[std::abs(value)] |
                               (value < 0 ? 0x8000 : 0));
}

} // namespace weft::cusim

#endif // TEST_RUNTIME_CUSIM_WARP_PTXDEVICE_H
