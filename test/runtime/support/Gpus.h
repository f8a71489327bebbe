//===- Gpus.h - The GPUs that tests run on ----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_SUPPORT_GPUS_H
#define TEST_RUNTIME_SUPPORT_GPUS_H

#include "runtime/device/cuda/DriverLibrary.h"

#include <cstdlib>
#include <string>
#include <vector>

namespace weft::test {

/// So many simulated GPUs, or the machine's where the environment has
/// WEFT_TEST_GPU.
inline StatusOr<std::shared_ptr<const cuda::DriverLibrary>>
openGpus(unsigned devices) {
  return std::getenv("WEFT_TEST_GPU")
             ? cuda::DriverLibrary::openSystem()
             : cuda::DriverLibrary::openSimulated(devices);
}

/// What LoadOptions::devices calls them.
inline std::vector<std::string> gpuNames(unsigned devices) {
  if (!std::getenv("WEFT_TEST_GPU"))
    return {"cusim:" + std::to_string(devices)};
  std::vector<std::string> names;
  for (unsigned number = 0; number != devices; ++number)
    names.push_back("cuda:" + std::to_string(number));
  return names;
}

} // namespace weft::test

#endif // TEST_RUNTIME_SUPPORT_GPUS_H
