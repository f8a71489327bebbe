//===- Context.h - One CUDA device, in use ----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CUDA_CONTEXT_H
#define RUNTIME_DEVICE_CUDA_CONTEXT_H

#include "runtime/device/cuda/DriverLibrary.h"

#include <atomic>

namespace weft::cuda {

/// The primary context of a device, which everything on the device shares.
/// Calls of the driver are about the context that is current on their thread:
/// each begins with `enter`.
class Context {
public:
  static StatusOr<std::shared_ptr<Context>>
  create(std::shared_ptr<const DriverLibrary> driver, unsigned ordinal);
  Context(const Context &) = delete;
  ~Context();

  /// Makes the context current on this thread.
  Status enter() const;

  const DriverLibrary &driver() const { return *library; }
  const DriverFunctions &functions() const { return library->functions(); }
  CUcontext handle() const { return context; }
  CUdevice device() const { return ordinalHandle; }

  /// "cuda:0".
  const std::string &name() const { return deviceName; }
  /// "NVIDIA H100": what the driver calls it.
  const std::string &model() const { return modelName; }
  /// 90 of sm_90.
  unsigned architecture() const { return capability; }
  /// What one block may use, if the kernel asks for it before.
  uint64_t sharedBytes() const { return mostShared; }

  /// How many steps were captured, and how often such were run: for tests.
  std::atomic<uint64_t> captures = 0, replays = 0;

private:
  explicit Context(std::shared_ptr<const DriverLibrary> driver)
      : library(std::move(driver)) {}

  std::shared_ptr<const DriverLibrary> library;
  CUcontext context = nullptr;
  CUdevice ordinalHandle = 0;
  std::string deviceName, modelName;
  unsigned capability = 0;
  uint64_t mostShared = 0;
};

} // namespace weft::cuda

#endif // RUNTIME_DEVICE_CUDA_CONTEXT_H
