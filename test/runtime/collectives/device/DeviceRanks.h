//===- DeviceRanks.h - Ranks on simulated devices ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_COLLECTIVES_DEVICE_DEVICERANKS_H
#define TEST_RUNTIME_COLLECTIVES_DEVICE_DEVICERANKS_H

#include "RankFixture.h"
#include "runtime/collectives/nccl/NcclGroups.h"
#include "runtime/device/Queue.h"

namespace weft::test {

/// A stream of a device, and memory that a test fills.
class TestQueue final : public Queue {
public:
  TestQueue(const cuda::DriverLibrary &driver, int ordinal)
      : driver(driver), functions(driver.functions()), ordinal(ordinal) {
    EXPECT_EQ(functions.cuDevicePrimaryCtxRetain(&context, ordinal), 0);
    EXPECT_EQ(functions.cuCtxSetCurrent(context), 0);
    EXPECT_EQ(functions.cuStreamCreate(&stream, cuda::CU_STREAM_NON_BLOCKING),
              0);
    EXPECT_EQ(functions.cuMemAlloc_v2(&memory, memoryBytes), 0);
  }
  ~TestQueue() override {
    functions.cuCtxSetCurrent(context);
    functions.cuMemFree_v2(memory);
    functions.cuStreamDestroy_v2(stream);
    functions.cuDevicePrimaryCtxRelease_v2(ordinal);
  }

  Status launch(const Launch &) override { return Status::error("no kernels"); }
  Status copy(void *, const void *, uint64_t) override {
    return Status::error("no copies");
  }
  Status fill(void *, uint8_t, uint64_t) override {
    return Status::error("no fills");
  }
  Status upload(void *destination, const void *host, uint64_t bytes) override {
    WEFT_CUDA_CALL(driver, cuMemcpyHtoDAsync_v2, address(destination), host,
                   bytes, stream);
    return finish();
  }
  Status download(void *host, const void *source, uint64_t bytes) override {
    WEFT_CUDA_CALL(driver, cuMemcpyDtoHAsync_v2, host, address(source), bytes,
                   stream);
    return finish();
  }
  Status signal(Event &) override { return Status::error("no events"); }
  Status wait(Event &) override { return Status::error("no events"); }
  Status finish() override {
    WEFT_CUDA_CALL(driver, cuStreamSynchronize, stream);
    return Status::ok();
  }

  static cuda::CUdeviceptr address(const void *pointer) {
    return reinterpret_cast<cuda::CUdeviceptr>(pointer);
  }
  /// Byte `offset` of the memory.
  void *at(uint64_t offset) const {
    return reinterpret_cast<void *>(memory + offset);
  }

  static constexpr uint64_t memoryBytes = uint64_t(4) << 20;
  const cuda::DriverLibrary &driver;
  const cuda::DriverFunctions &functions;
  const int ordinal;
  cuda::CUcontext context = nullptr;
  cuda::CUstream stream = nullptr;
  cuda::CUdeviceptr memory = 0;
};

/// The ranks of a mesh, each on a thread and a device of its own.
class DeviceRanks {
public:
  enum class Kind { Nccl, Staged };
  /// Ranks lie on the devices from `firstDevice` on.
  DeviceRanks(std::vector<RankMesh::Axis> mesh, Kind kind, int firstDevice = 0)
      : mesh(mesh), coordinates(place(mesh)),
        watchdog(namesOf(coordinates), WaitPolicy::of(true)),
        driver(*cuda::DriverLibrary::openSimulated(6)) {
    NcclGroups::Platform platform;
    for (size_t rank = 0; rank != size(); ++rank) {
      int ordinal = firstDevice + static_cast<int>(rank);
      queues.push_back(std::make_unique<TestQueue>(*driver, ordinal));
      platform.places.push_back({ordinal, queues.back()->context, nullptr});
    }
    if (kind == Kind::Staged) {
      groups = std::make_unique<StagedGroups>(mesh, coordinates, watchdog,
                                              "asked for");
      return;
    }
    platform.driver = driver;
    platform.nccl = *cuda::NcclLibrary::open(driver->folder());
    platform.streamOf = [](Queue &queue) {
      return static_cast<TestQueue &>(queue).stream;
    };
    groups = std::make_unique<NcclGroups>(mesh, coordinates, watchdog,
                                          std::move(platform));
  }

  size_t size() const { return coordinates.size(); }
  std::vector<std::string> axes() const {
    std::vector<std::string> names;
    for (const RankMesh::Axis &axis : mesh)
      names.push_back(axis.name);
    return names;
  }
  std::vector<Group *> find(const std::vector<std::string> &axes) {
    std::vector<Group *> members;
    for (unsigned rank = 0; rank != size(); ++rank)
      members.push_back(&groups->find(rank, axes));
    return members;
  }

  /// Runs `body` for each rank, as a model does, and gives the first error.
  Status run(const std::function<Status(unsigned)> &body, double timeout = 0) {
    if (watchdog.hasFailed())
      groups->reset();
    WEFT_RETURN_IF_ERROR(groups->prepare());
    watchdog.begin(timeout);
    std::vector<std::thread> threads;
    for (unsigned rank = 0; rank != size(); ++rank)
      threads.emplace_back([&, rank] {
        driver->functions().cuCtxSetCurrent(queues[rank]->context);
        Status status = body(rank);
        if (status)
          status = queues[rank]->finish();
        if (!status) {
          watchdog.fail(status);
          groups->abort();
        }
        watchdog.end(rank);
      });
    for (std::thread &thread : threads)
      thread.join();
    return watchdog.error();
  }

  const std::vector<RankMesh::Axis> mesh;
  const std::vector<std::vector<uint64_t>> coordinates;
  Watchdog watchdog;
  std::shared_ptr<const cuda::DriverLibrary> driver;
  std::vector<std::unique_ptr<TestQueue>> queues;
  std::unique_ptr<Groups> groups; // goes first
};

} // namespace weft::test

#endif // TEST_RUNTIME_COLLECTIVES_DEVICE_DEVICERANKS_H
