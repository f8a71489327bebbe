//===- NullDevice.h - A device that only counts launches --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_NULL_NULLDEVICE_H
#define RUNTIME_DEVICE_NULL_NULLDEVICE_H

#include "runtime/device/Device.h"

#include <atomic>

namespace weft {

/// The skeleton of a driver, and a way to run a program's bookkeeping without
/// its kernels: host memory, copies that work, launches that are only counted.
class NullDevice final : public Device {
public:
  explicit NullDevice(unsigned index)
      : deviceName("null:" + std::to_string(index)) {}

  uint64_t launchCount() const { return *launches; }

  const std::string &name() const override { return deviceName; }
  bool sharesHostMemory() const override { return true; }
  bool isSynchronous() const override { return true; }
  StatusOr<std::unique_ptr<Buffer>> allocate(uint64_t bytes) override;
  StatusOr<std::unique_ptr<Buffer>> reserve(uint64_t bytes) override;
  std::unique_ptr<Queue> createQueue() override;
  std::unique_ptr<Event> createEvent() override;
  StatusOr<std::unique_ptr<Code>> loadCode(const Artifact &artifact,
                                           uint32_t stage) override;
  Status reserveScratch(uint64_t) override { return Status::ok(); }
  uint32_t takeErrors() override { return 0; }

private:
  std::string deviceName;
  std::shared_ptr<std::atomic<uint64_t>> launches =
      std::make_shared<std::atomic<uint64_t>>(0);
};

} // namespace weft

#endif // RUNTIME_DEVICE_NULL_NULLDEVICE_H
