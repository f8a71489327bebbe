//===- CudaDevice.h - A GPU, real or simulated ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CUDA_CUDADEVICE_H
#define RUNTIME_DEVICE_CUDA_CUDADEVICE_H

#include "runtime/device/Device.h"
#include "runtime/device/cuda/CudaQueue.h"

namespace weft {

/// "cuda:<ordinal>" or "cusim:<ordinal>", through the driver's primary context.
class CudaDevice final : public Device {
public:
  static StatusOr<std::unique_ptr<CudaDevice>>
  create(std::shared_ptr<const cuda::DriverLibrary> driver, unsigned ordinal);

  cuda::Context &context() { return *shared; }
  const std::shared_ptr<cuda::Context> &sharedContext() { return shared; }
  /// The algorithms that cuBLASLt chose so far, a line each.
  std::vector<std::string> productAlgorithms() const;

  const std::string &name() const override { return shared->name(); }
  bool sharesHostMemory() const override { return false; }
  bool isSynchronous() const override { return false; }
  StatusOr<std::unique_ptr<Buffer>> allocate(uint64_t bytes) override;
  StatusOr<std::unique_ptr<Buffer>> allocateUnset(uint64_t bytes) override;
  Status openMatrixLibrary() override { return multiplier->open(); }
  std::unique_ptr<Queue> createQueue() override;
  std::unique_ptr<Event> createEvent() override;
  StatusOr<std::unique_ptr<Code>> loadCode(const Artifact &artifact,
                                           uint32_t stage) override;
  Status reserveScratch(uint64_t) override { return Status::ok(); }
  uint32_t takeErrors() override { return flags->take(); }
  uint32_t errorSlot() const override { return flags->slot(); }

private:
  CudaDevice(std::shared_ptr<cuda::Context> context,
             std::shared_ptr<cuda::ErrorFlags> flags)
      : shared(std::move(context)), flags(std::move(flags)),
        multiplier(std::make_shared<cuda::Multiplier>(shared)) {}

  std::shared_ptr<cuda::Context> shared;
  std::shared_ptr<cuda::ErrorFlags> flags;
  std::shared_ptr<cuda::Multiplier> multiplier;
};

} // namespace weft

#endif // RUNTIME_DEVICE_CUDA_CUDADEVICE_H
