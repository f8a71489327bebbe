//===- CpuDevice.cpp - Threads and memory of this machine -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cpu/CpuDevice.h"
#include "runtime/artifact/Artifact.h"
#include "runtime/device/HostMemory.h"
#include "runtime/device/HostQueue.h"
#include "runtime/device/cpu/AvailableCpus.h"
#include "runtime/device/cpu/WorkerPool.h"

using namespace weft;

namespace {
/// What the queues of a device share.
struct Shared {
  Shared(unsigned threads, unsigned cpus) : pool(threads, cpus) {}
  WorkerPool pool;
  /// The error flag, which kernels or bits into atomically, and counters.
  alignas(64) uint32_t words[WEFT_ARRIVALS_AT + WEFT_ARRIVALS] = {};
};

class CpuQueue final : public HostQueue {
public:
  explicit CpuQueue(std::shared_ptr<Shared> shared)
      : shared(std::move(shared)) {}

  Status launch(const Launch &launch) override {
    if (launch.chunk < 1)
      return Status::error("a chunk of 0 work items; expected at least 1");
    WEFT_RETURN_IF_ERROR(shared->pool.reserveScratch(launch.scratchBytes));
    WeftArgs args{launch.buffers.data(), launch.sizes.data(), shared->words};
    WorkerPool::Job job;
    job.kernel =
        static_cast<const CpuCode *>(launch.code)->kernel(launch.kernel);
    job.args = &args;
    job.items = launch.items;
    job.chunk = launch.chunk;
    job.isDynamic = launch.isDynamic;
    shared->pool.run(job);
    return Status::ok();
  }

private:
  std::shared_ptr<Shared> shared;
};

class CpuDevice final : public Device {
public:
  CpuDevice(unsigned index, unsigned threads, unsigned cpus)
      : deviceName("cpu:" + std::to_string(index)),
        shared(std::make_shared<Shared>(threads == 0 ? cpus : threads, cpus)) {}

  const std::string &name() const override { return deviceName; }
  bool sharesHostMemory() const override { return true; }
  bool isSynchronous() const override { return true; }
  StatusOr<std::unique_ptr<Buffer>> allocate(uint64_t bytes) override {
    return HostMemory::allocate(bytes);
  }
  StatusOr<std::unique_ptr<Buffer>> reserve(uint64_t bytes) override {
    return HostMemory::reserve(bytes);
  }
  std::unique_ptr<Queue> createQueue() override {
    return std::make_unique<CpuQueue>(shared);
  }
  std::unique_ptr<Event> createEvent() override {
    return std::make_unique<HostEvent>();
  }
  StatusOr<std::unique_ptr<Code>> loadCode(const Artifact &artifact,
                                           uint32_t stage) override {
    StatusOr<KernelLibrary> opened = artifact.openCode(stage);
    if (!opened)
      return opened.status();
    auto library = std::make_shared<KernelLibrary>(std::move(*opened));
    return std::unique_ptr<Code>(
        std::make_unique<CpuCode>(library->kernels(), library));
  }
  Status reserveScratch(uint64_t bytes) override {
    return shared->pool.reserveScratch(bytes);
  }
  uint32_t takeErrors() override {
    // Asked after every launch: a plain look is enough while nothing is raised.
    if (__atomic_load_n(shared->words, __ATOMIC_RELAXED) == 0)
      return 0;
    return __atomic_exchange_n(shared->words, 0, __ATOMIC_RELAXED);
  }
  void wake() override { shared->pool.wake(); }
  void rest() override { shared->pool.rest(); }

private:
  std::string deviceName;
  std::shared_ptr<Shared> shared;
};
} // namespace

std::unique_ptr<Device> weft::createCpuDevice(unsigned index, unsigned threads,
                                              unsigned cpus) {
  return std::make_unique<CpuDevice>(index, threads,
                                     cpus == 0 ? availableCpus() : cpus);
}
