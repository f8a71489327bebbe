//===- DeviceConformanceTest.cpp - What every driver must do --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/Artifact.h"
#include "runtime/device/cpu/CpuDevice.h"
#include "runtime/device/cuda/CudaDevice.h"
#include "runtime/device/null/NullDevice.h"

#include "test/runtime/support/CudaKernels.h"
#include "test/runtime/support/Gpus.h"
#include "test/runtime/support/TestArtifact.h"

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
  /// May promise more memory than there is.
  bool reservesLazily;
};

std::unique_ptr<Code> hostCode(Device &) {
  return std::make_unique<CpuCode>(std::vector<WeftKernel>{scaleAndAdd});
}

/// `scaleAndAdd` over s1 elements, one a thread.
const char scaleAndAddPtx[] = R"(
.visible .entry scaleAndAdd(.param .u64 input, .param .u64 result,
                            .param .s64 factor, .param .s64 count,
                            .param .u64 error)
{
  .reg .pred %outside, %fine;
  .reg .b32 %block, %size, %thread;
  .reg .b64 %index, %n, %input, %result, %value, %error;
  mov.u32 %block, %ctaid.x;
  mov.u32 %size, %ntid.x;
  mov.u32 %thread, %tid.x;
  mul.wide.u32 %index, %block, %size;
  cvt.u64.u32 %n, %thread;
  add.s64 %index, %index, %n;
  ld.param.u64 %n, [count];
  setp.ge.s64 %outside, %index, %n;
  @%outside bra DONE;
  shl.b64 %index, %index, 3;
  ld.param.u64 %input, [input];
  add.s64 %input, %input, %index;
  ld.global.u64 %value, [%input];
  setp.ne.s64 %fine, %value, 13;
  @%fine bra COMPUTE;
  ld.param.u64 %error, [error];
  mov.u32 %block, 1;
  red.global.or.b32 [%error], %block;
COMPUTE:
  ld.param.u64 %n, [factor];
  mad.lo.s64 %value, %value, %n, 1;
  ld.param.u64 %result, [result];
  add.s64 %result, %result, %index;
  st.global.u64 [%result], %value;
DONE:
  ret;
}
)";

/// An artifact of nothing but this kernel, loaded.
std::unique_ptr<Code> cudaCode(Device &device) {
  test::TemporaryFolder folder;
  artifact::Manifest manifest = test::encoderManifest(artifact::CUDA);
  manifest.clear_weights();
  artifact::Stage &stage = *manifest.mutable_stages(0);
  artifact::Variant &variant = *stage.mutable_programs(0)->mutable_variants(0);
  variant.clear_buffers();
  variant.clear_commands();
  artifact::KernelTable &table = *stage.mutable_kernels();
  table.mutable_kernels()->DeleteSubrange(1, table.kernels_size() - 1);
  artifact::Kernel &kernel = *table.mutable_kernels(0);
  kernel.set_name("scaleAndAdd");
  kernel.set_size_count(2);
  kernel.mutable_buffers()->RemoveLast();
  test::addFile(folder.path(), manifest, "stage0.ptx",
                test::cudaModule(table, scaleAndAddPtx));
  test::writeManifest(folder.path(), manifest);
  StatusOr<Artifact> artifact = Artifact::open(folder.path(), {});
  EXPECT_TRUE(artifact.isOk()) << artifact.message();
  StatusOr<std::unique_ptr<Code>> code = device.loadCode(*artifact, 0);
  EXPECT_TRUE(code.isOk()) << code.message();
  return std::move(*code);
}

std::unique_ptr<Device> simulatedDevice(unsigned number) {
  auto driver = test::openGpus(2);
  EXPECT_TRUE(driver.isOk()) << driver.message();
  auto device = CudaDevice::create(*driver, number);
  EXPECT_TRUE(device.isOk()) << device.message();
  return std::move(*device);
}

const Driver drivers[] = {
    {"cpu1", [] { return createCpuDevice(0, 1); }, hostCode, true, true},
    {"cpu2", [] { return createCpuDevice(0, 2); }, hostCode, true, true},
    // More workers than any machine of ours has CPUs.
    {"cpu67", [] { return createCpuDevice(0, 67); }, hostCode, true, true},
    {"null", [] { return std::make_unique<NullDevice>(0); }, hostCode, false,
     true},
    {"cusim0", [] { return simulatedDevice(0); }, cudaCode, true, false},
    {"cusim1", [] { return simulatedDevice(1); }, cudaCode, true, false},
};

/// A launch of `scaleAndAdd`, and what it points to.
struct Scaling {
  Scaling(const Code &code, const Buffer &input, const Buffer &result,
          int64_t factor, uint64_t items)
      : buffers{input.address(), result.address()},
        sizes{factor, static_cast<int64_t>(items)} {
    launch.code = &code;
    launch.buffers = buffers;
    launch.sizes = sizes;
    launch.items = items;
    launch.grid[0] = (items + 127) / 128;
    launch.blockThreads = 128;
  }

  void *buffers[2];
  int64_t sizes[2];
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
  // What lies between the ends takes no memory, except on a GPU, which has what
  // it promises.
  constexpr uint64_t bytes = uint64_t(1) << 40;
  StatusOr<std::unique_ptr<Buffer>> buffer = device->reserve(bytes);
  if (!GetParam().reservesLazily) {
    EXPECT_THAT(buffer.message(), testing::HasSubstr("cannot allocate"));
    return;
  }
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
  scaling.launch.errorSlot = 7;
  expectOk(queue->launch(scaling.launch));
  expectOk(queue->finish());
  if (GetParam().runsKernels)
    EXPECT_EQ(device->takeErrors(), WEFT_ERROR_INDEX_OUT_OF_RANGE);
  if (!device->isSynchronous())
    EXPECT_EQ(device->errorSlot(), 7u);
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

TEST_P(DeviceConformance, MovesMoreThanItsStaging) {
  // 20 MiB and a bit, which staging cuts into uneven parts.
  std::vector<int64_t> values((20 << 20) / 8 + 3);
  std::iota(values.begin(), values.end(), 5);
  uint64_t bytes = values.size() * 8;
  std::unique_ptr<Buffer> buffer = allocate(bytes);
  for (int round = 0; round != 3; ++round) {
    values[0] = round;
    values.back() = -round;
    expectOk(queue->upload(buffer->address(), values.data(), bytes));
    // The host's memory is the host's again.
    std::vector<int64_t> copy = values;
    std::fill(values.begin(), values.end(), 0);
    EXPECT_EQ(download(*buffer), copy);
    values = std::move(copy);
  }
}

TEST_P(DeviceConformance, ReplaysWhatItCaptured) {
  if (!queue->canCapture()) {
    EXPECT_EQ(queue->beginCapture().message(), "this device captures no work");
    return;
  }
  std::unique_ptr<Code> code = GetParam().code(*device);
  std::unique_ptr<Buffer> input = allocate(800), result = allocate(800),
                          copy = allocate(800);
  Scaling scaling(*code, *input, *result, 5, 100);
  expectOk(queue->beginCapture());
  expectOk(queue->launch(scaling.launch));
  expectOk(queue->copy(copy->address(), result->address(), 800));
  StatusOr<std::unique_ptr<Graph>> graph = queue->endCapture();
  ASSERT_TRUE(graph.isOk()) << graph.message();
  EXPECT_EQ(download(*copy), std::vector<int64_t>(100, 0)) << "not done yet";
  for (int64_t value : {2, 3}) {
    std::vector<int64_t> values(100, value);
    expectOk(queue->upload(input->address(), values.data(), 800));
    expectOk(queue->replay(**graph));
    EXPECT_EQ(download(*copy), std::vector<int64_t>(100, value * 5 + 1));
  }
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
