//===- CudaQueue.h - A stream -----------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CUDA_CUDAQUEUE_H
#define RUNTIME_DEVICE_CUDA_CUDAQUEUE_H

#include "runtime/device/Queue.h"
#include "runtime/device/cuda/CudaCode.h"
#include "runtime/device/cuda/ErrorFlags.h"
#include "runtime/device/cuda/Multiplier.h"
#include "runtime/device/cuda/PinnedStaging.h"

#include <optional>

namespace weft {

/// A kernel, and the node that it was launched for (or null).
struct LaunchedKernel {
  const std::string *name, *node;
};

/// Work of a stream, which the device does later: an error of it comes out of
/// any later call, and names the kernels that may be at fault.
class CudaQueue final : public Queue {
public:
  CudaQueue(std::shared_ptr<cuda::Context> context,
            std::shared_ptr<cuda::ErrorFlags> flags,
            std::shared_ptr<cuda::Multiplier> multiplier);
  ~CudaQueue() override;

  cuda::CUstream stream() const { return handle; }

  Status launch(const Launch &launch) override;
  Status multiply(const MatrixProduct &product) override {
    return multiplier->multiply(product, handle);
  }
  Status copy(void *destination, const void *source, uint64_t bytes) override;
  Status fill(void *destination, uint8_t byte, uint64_t bytes) override;
  Status upload(void *destination, const void *host, uint64_t bytes) override;
  Status download(void *host, const void *source, uint64_t bytes) override;
  Status signal(Event &event) override;
  Status wait(Event &event) override;
  Status finish() override;
  StatusOr<bool> finishUnless(const std::function<bool()> &stops) override;

  bool canCapture() const override { return true; }
  Status beginCapture() override;
  StatusOr<std::unique_ptr<Graph>> endCapture() override;
  Status replay(Graph &graph) override;

private:
  Status enter() const;
  /// An error of `call`, or of a kernel before it.
  Status check(cuda::CUresult result, const char *call) const;
  Status checkShape(const CudaCode::Kernel &kernel, const Launch &launch) const;
  void note(const LaunchedKernel &kernel);

  std::shared_ptr<cuda::Context> context;
  std::shared_ptr<cuda::ErrorFlags> flags;
  std::shared_ptr<cuda::Multiplier> multiplier;
  cuda::CUstream handle = nullptr;
  Status ready = Status::ok(); // why there is no stream
  std::optional<cuda::PinnedStaging> staging;
  std::vector<void *> parameters; // of one launch
  /// Kernels launched since the device was last waited for.
  std::vector<LaunchedKernel> pending, captured;
  bool isCapturing = false;
};

/// A point in a stream.
class CudaEvent final : public Event {
public:
  explicit CudaEvent(std::shared_ptr<cuda::Context> context);
  ~CudaEvent() override;
  bool isDone() const override;

private:
  friend class CudaQueue;
  std::shared_ptr<cuda::Context> context;
  cuda::CUevent handle = nullptr;
  Status ready = Status::ok();
  bool wasSignalled = false;
};

} // namespace weft

#endif // RUNTIME_DEVICE_CUDA_CUDAQUEUE_H
