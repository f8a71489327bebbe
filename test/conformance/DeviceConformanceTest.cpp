//===- DeviceConformanceTest.cpp - What every driver must do --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cpu/CpuDevice.h"
#include "runtime/device/null/NullDevice.h"

#include <gmock/gmock.h>

#include <cstring>
#include <functional>
#include <numeric>
#include <thread>

using namespace weft;

namespace {

/// result[i] = input[i] * s0 + 1 for i in the range; an input of 13 raises the
/// error flag.
void scaleAndAdd(const WeftArgs *args, uint64_t begin, uint64_t end, void *) {
  auto *input = static_cast<const int64_t *>(args->buffers[0]);
  auto *result = static_cast<int64_t *>(args->buffers[1]);
  for (uint64_t i = begin; i != end; ++i) {
    if (input[i] == 13)
      __atomic_fetch_or(args->error, WEFT_ERROR_INDEX_OUT_OF_RANGE,
                        __ATOMIC_RELAXED);
    result[i] = input[i] * args->sizes[0] + 1;
  }
}

struct Driver {
  const char *name;
  std::function<std::unique_ptr<Device>()> create;
  /// Kernel 0 is `scaleAndAdd`.
  std::function<std::unique_ptr<Code>(Device &)> code;
  bool runsKernels;
};

std::unique_ptr<Code> hostCode(Device &) {
  return std::make_unique<CpuCode>(std::vector<WeftKernel>{scaleAndAdd});
}

const Driver drivers[] = {
    {"cpu1", [] { return createCpuDevice(0, 1); }, hostCode, true},
    {"cpu2", [] { return createCpuDevice(0, 2); }, hostCode, true},
    // More workers than any machine of ours has CPUs.
    {"cpu67", [] { return createCpuDevice(0, 67); }, hostCode, true},
    {"null", [] { return std::make_unique<NullDevice>(0); }, hostCode, false},
};

/// A launch of `scaleAndAdd`, and what it points to.
struct Scaling {
  Scaling(const Code &code, const Buffer &input, const Buffer &result,
          int64_t factor, uint64_t items)
      : buffers{input.address(), result.address()}, sizes{factor} {
    launch.code = &code;
    launch.buffers = buffers;
    launch.sizes = sizes;
    launch.items = items;
  }

  void *buffers[2];
  int64_t sizes[1];
  Launch launch;
};

class DeviceConformance : public testing::TestWithParam<Driver> {
protected:
  std::unique_ptr<Device> device = GetParam().create();
  std::unique_ptr<Queue> queue = device->createQueue();

  std::unique_ptr<Buffer> allocate(uint64_t bytes) {
    StatusOr<std::unique_ptr<Buffer>> buffer = device->allocate(bytes);
    EXPECT_TRUE(buffer.isOk());
    return std::move(*buffer);
  }
  void expectOk(Status status) {
    EXPECT_TRUE(status.isOk()) << status.message();
  }
  std::vector<int64_t> download(const Buffer &buffer) {
    std::vector<int64_t> values(buffer.bytes() / sizeof(int64_t));
    expectOk(queue->download(values.data(), buffer.address(), buffer.bytes()));
    return values;
  }
};

TEST_P(DeviceConformance, AllocatesZeroedAlignedMemory) {
  for (uint64_t bytes : {0ull, 1ull, 64ull, 4097ull, 5ull << 20}) {
    std::unique_ptr<Buffer> buffer = allocate(bytes);
    EXPECT_EQ(buffer->bytes(), bytes);
    EXPECT_NE(buffer->address(), nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->address()) % 64, 0u);
    std::vector<uint8_t> content(bytes, 1);
    expectOk(queue->download(content.data(), buffer->address(), bytes));
    EXPECT_TRUE(std::all_of(content.begin(), content.end(),
                            [](uint8_t byte) { return byte == 0; }));
  }
}

TEST_P(DeviceConformance, RefusesWhatNoMachineHas) {
  for (uint64_t bytes : {uint64_t(1) << 60, UINT64_MAX, uint64_t(INT64_MAX)})
    for (const auto &buffer :
         {device->allocate(bytes), device->reserve(bytes)}) {
      ASSERT_FALSE(buffer.isOk());
      EXPECT_THAT(buffer.message(), testing::HasSubstr("cannot allocate"));
    }
}

TEST_P(DeviceConformance, ReservesMoreThanItTouches) {
  // Both drivers can: what lies between the ends takes no memory.
  constexpr uint64_t bytes = uint64_t(1) << 40;
  StatusOr<std::unique_ptr<Buffer>> buffer = device->reserve(bytes);
  ASSERT_TRUE(buffer.isOk()) << buffer.message();
  EXPECT_EQ((*buffer)->bytes(), bytes);
  auto *data = static_cast<uint8_t *>((*buffer)->address());
  for (uint64_t at : {uint64_t(0), bytes / 2, bytes - 64}) {
    EXPECT_EQ(data[at], 0);
    expectOk(queue->fill(data + at, 7, 64));
    EXPECT_EQ(data[at + 63], 7);
  }
}

TEST_P(DeviceConformance, CopiesAndFills) {
  std::unique_ptr<Buffer> first = allocate(80), second = allocate(80);
  std::vector<int64_t> values(10);
  std::iota(values.begin(), values.end(), 1);
  expectOk(queue->upload(first->address(), values.data(), 80));
  expectOk(queue->fill(second->address(), 0xff, 80));
  expectOk(queue->copy(static_cast<char *>(second->address()) + 16,
                       first->address(), 24));
  expectOk(queue->finish());
  EXPECT_THAT(download(*second),
              testing::ElementsAre(-1, -1, 1, 2, 3, -1, -1, -1, -1, -1));
}

TEST_P(DeviceConformance, OrdersQueuesByEvents) {
  std::unique_ptr<Queue> other = device->createQueue();
  std::unique_ptr<Event> event = device->createEvent();
  EXPECT_FALSE(event->isDone());
  std::unique_ptr<Buffer> buffer = allocate(8), copy = allocate(8);
  for (uint8_t round : {7, 9}) {
    expectOk(queue->fill(buffer->address(), round, 8));
    expectOk(queue->signal(*event));
    expectOk(other->wait(*event));
    expectOk(other->copy(copy->address(), buffer->address(), 8));
    expectOk(other->finish());
    EXPECT_TRUE(event->isDone());
    EXPECT_EQ(download(*copy)[0], 0x0101010101010101 * round);
  }
}

TEST_P(DeviceConformance, LaunchesEveryItemOnce) {
  std::unique_ptr<Code> code = GetParam().code(*device);
  for (uint64_t items : {0, 1, 2, 3, 63, 64, 65, 1000, 4099}) {
    for (uint64_t chunk : {1, 2, 16, 5000}) {
      for (bool isDynamic : {false, true}) {
        std::unique_ptr<Buffer> input = allocate(items * 8),
                                result = allocate(items * 8 + 8);
        std::vector<int64_t> values(items);
        std::iota(values.begin(), values.end(), 100);
        expectOk(queue->upload(input->address(), values.data(), items * 8));
        Scaling scaling(*code, *input, *result, 3, items);
        scaling.launch.chunk = chunk;
        scaling.launch.isDynamic = isDynamic;
        scaling.launch.scratchBytes = 4096;
        device->wake();
        expectOk(queue->launch(scaling.launch));
        expectOk(queue->finish());
        device->rest();
        if (!GetParam().runsKernels)
          continue;
        for (int64_t &value : values)
          value = value * 3 + 1;
        values.push_back(0); // nothing after the last item is touched
        ASSERT_EQ(download(*result), values)
            << items << " items, chunk " << chunk;
        EXPECT_EQ(device->takeErrors(), 0u);
      }
    }
  }
}

TEST_P(DeviceConformance, ReportsErrorFlagsOnce) {
  std::unique_ptr<Code> code = GetParam().code(*device);
  std::unique_ptr<Buffer> input = allocate(800), result = allocate(800);
  std::vector<int64_t> values(100, 13);
  expectOk(queue->upload(input->address(), values.data(), 800));
  Scaling scaling(*code, *input, *result, 1, 100);
  expectOk(queue->launch(scaling.launch));
  expectOk(queue->finish());
  if (GetParam().runsKernels)
    EXPECT_EQ(device->takeErrors(), WEFT_ERROR_INDEX_OUT_OF_RANGE);
  EXPECT_EQ(device->takeErrors(), 0u);
}

TEST_P(DeviceConformance, RefusesAnEmptyChunk) {
  std::unique_ptr<Code> code = GetParam().code(*device);
  Launch launch;
  launch.code = code.get();
  launch.items = 4;
  launch.chunk = 0;
  EXPECT_FALSE(queue->launch(launch).isOk());
}

TEST_P(DeviceConformance, OutlivesManyShortRequests) {
  std::unique_ptr<Code> code = GetParam().code(*device);
  std::unique_ptr<Buffer> input = allocate(800), result = allocate(800);
  Scaling scaling(*code, *input, *result, 1, 100);
  for (int request = 0; request != 300; ++request) {
    // Also without `wake`: a launch wakes who sleeps.
    if (request % 3 != 0)
      device->wake();
    expectOk(queue->launch(scaling.launch));
    scaling.launch.isDynamic = !scaling.launch.isDynamic;
    if (request % 3 != 0)
      device->rest();
    if (request % 50 == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (GetParam().runsKernels)
    EXPECT_EQ(download(*result), std::vector<int64_t>(100, 1));
}

TEST(NullDevice, CountsLaunches) {
  NullDevice device(0);
  std::unique_ptr<Queue> first = device.createQueue(),
                         second = device.createQueue();
  EXPECT_TRUE(first->launch(Launch()).isOk());
  EXPECT_TRUE(second->launch(Launch()).isOk());
  EXPECT_EQ(device.launchCount(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Drivers, DeviceConformance, testing::ValuesIn(drivers),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

} // namespace
