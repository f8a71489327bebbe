//===- NullDevice.cpp - A device that only counts launches ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/null/NullDevice.h"
#include "runtime/artifact/Artifact.h"
#include "runtime/device/HostMemory.h"
#include "runtime/device/HostQueue.h"

using namespace weft;

namespace {
class NullCode final : public Code {
public:
  explicit NullCode(size_t kernels) : kernels(kernels) {}
  size_t kernelCount() const override { return kernels; }

private:
  size_t kernels;
};

class NullQueue final : public HostQueue {
public:
  explicit NullQueue(std::shared_ptr<std::atomic<uint64_t>> launches)
      : launches(std::move(launches)) {}

  Status launch(const Launch &launch) override {
    if (launch.chunk < 1)
      return Status::error("a chunk of 0 work items; expected at least 1");
    ++*launches;
    return Status::ok();
  }

private:
  std::shared_ptr<std::atomic<uint64_t>> launches;
};
} // namespace

StatusOr<std::unique_ptr<Buffer>> NullDevice::allocate(uint64_t bytes) {
  return HostMemory::allocate(bytes);
}

StatusOr<std::unique_ptr<Buffer>> NullDevice::reserve(uint64_t bytes) {
  return HostMemory::reserve(bytes);
}

std::unique_ptr<Queue> NullDevice::createQueue() {
  return std::make_unique<NullQueue>(launches);
}

std::unique_ptr<Event> NullDevice::createEvent() {
  return std::make_unique<HostEvent>();
}

StatusOr<std::unique_ptr<Code>> NullDevice::loadCode(const Artifact &artifact,
                                                     uint32_t stage) {
  const auto &kernels =
      artifact.manifest().stages(static_cast<int>(stage)).kernels();
  return std::unique_ptr<Code>(
      std::make_unique<NullCode>(static_cast<size_t>(kernels.kernels_size())));
}
