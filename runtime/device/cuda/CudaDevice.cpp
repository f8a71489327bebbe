//===- CudaDevice.cpp - A GPU, real or simulated --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/CudaDevice.h"

#include <algorithm>

using namespace weft;
using namespace weft::cuda;

namespace {
class CudaBuffer final : public Buffer {
public:
  CudaBuffer(std::shared_ptr<Context> context, CUdeviceptr data, uint64_t bytes)
      : context(std::move(context)), data(data), size(bytes) {}
  ~CudaBuffer() override {
    if (context->enter())
      context->functions().cuMemFree_v2(data);
  }
  void *address() const override { return reinterpret_cast<void *>(data); }
  uint64_t bytes() const override { return size; }

private:
  std::shared_ptr<Context> context;
  CUdeviceptr data;
  uint64_t size;
};
} // namespace

StatusOr<std::unique_ptr<CudaDevice>>
CudaDevice::create(std::shared_ptr<const DriverLibrary> driver,
                   unsigned ordinal) {
  auto context = Context::create(std::move(driver), ordinal);
  if (!context)
    return context.status();
  auto flags = ErrorFlags::create(*context);
  if (!flags)
    return Status::error("device '" + (*context)->name() +
                         "': " + flags.message());
  return std::unique_ptr<CudaDevice>(
      new CudaDevice(std::move(*context), std::move(*flags)));
}

StatusOr<std::unique_ptr<Buffer>> CudaDevice::allocateUnset(uint64_t bytes) {
  WEFT_RETURN_IF_ERROR(shared->enter());
  const DriverFunctions &functions = shared->functions();
  CUdeviceptr data = 0;
  // An address of its own even for nothing, so that no buffer is null.
  CUresult result =
      functions.cuMemAlloc_v2(&data, std::max<uint64_t>(bytes, 1));
  if (result == CUDA_SUCCESS)
    return std::unique_ptr<Buffer>(
        std::make_unique<CudaBuffer>(shared, data, bytes));
  std::string text = "cannot allocate " + std::to_string(bytes) +
                     " bytes of memory on " + shared->name();
  size_t free = 0, total = 0;
  if (functions.cuMemGetInfo_v2(&free, &total) == CUDA_SUCCESS)
    text += ", where " + std::to_string(free) + " of " + std::to_string(total) +
            " are free";
  return shared->driver().check(result, "cuMemAlloc", text);
}

StatusOr<std::unique_ptr<Buffer>> CudaDevice::allocate(uint64_t bytes) {
  StatusOr<std::unique_ptr<Buffer>> buffer = allocateUnset(bytes);
  if (!buffer || bytes == 0)
    return buffer;
  WEFT_CUDA_CALL(shared->driver(), cuMemsetD8_v2,
                 reinterpret_cast<CUdeviceptr>((*buffer)->address()), 0, bytes);
  // The fill may outlast its call, and queues do not wait for it.
  WEFT_CUDA_CALL(shared->driver(), cuStreamSynchronize, CU_STREAM_LEGACY);
  return buffer;
}

std::unique_ptr<Queue> CudaDevice::createQueue() {
  return std::make_unique<CudaQueue>(shared, flags, multiplier);
}

std::vector<std::string> CudaDevice::productAlgorithms() const {
  return multiplier->algorithms();
}

std::unique_ptr<Event> CudaDevice::createEvent() {
  return std::make_unique<CudaEvent>(shared);
}

StatusOr<std::unique_ptr<Code>> CudaDevice::loadCode(const Artifact &artifact,
                                                     uint32_t stage) {
  auto code = CudaCode::load(shared, artifact, stage);
  if (!code)
    return code.status();
  return std::unique_ptr<Code>(std::move(*code));
}
