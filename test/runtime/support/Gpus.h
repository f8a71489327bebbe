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

namespace weft::test {

/// So many simulated GPUs, or the machine's where the environment has
/// WEFT_TEST_GPU.
inline StatusOr<std::shared_ptr<const cuda::DriverLibrary>>
openGpus(unsigned devices) {
  return std::getenv("WEFT_TEST_GPU")
             ? cuda::DriverLibrary::openSystem()
             : cuda::DriverLibrary::openSimulated(devices);
}

} // namespace weft::test

#endif // TEST_RUNTIME_SUPPORT_GPUS_H
