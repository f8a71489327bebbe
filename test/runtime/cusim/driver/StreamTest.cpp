//===- StreamTest.cpp - Streams and events --------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/driver/CudaTest.h"

#include <atomic>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace weft::cuda;
using testing::Each;

namespace {
using StreamTest = CudaTest;
} // namespace

TEST_F(StreamTest, KernelsOfAStreamRunInOrder) {
  CUfunction scale = load(scaleKernel, "scale");
  CUstream stream;
  ASSERT_OK(cuda().cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  CUdeviceptr data = upload(std::vector<uint32_t>(1000, 1));
  for (unsigned i = 0; i < 5; ++i)
    ASSERT_OK(launch(scale, 8, 128, stream, data, 1000u, 3u));
  ASSERT_OK(cuda().cuStreamSynchronize(stream));
  // x -> 3x + 1, five times.
  EXPECT_THAT(download<uint32_t>(data, 1000), Each(364u));
  EXPECT_OK(cuda().cuStreamDestroy_v2(stream));
  EXPECT_OK(cuda().cuMemFree_v2(data));
  EXPECT_EQ(cuda().cuStreamSynchronize(stream), CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(StreamTest, EventsOrderStreams) {
  CUfunction scale = load(scaleKernel, "scale");
  CUstream first, second;
  CUevent event;
  ASSERT_OK(cuda().cuStreamCreate(&first, CU_STREAM_NON_BLOCKING));
  ASSERT_OK(cuda().cuStreamCreate(&second, CU_STREAM_NON_BLOCKING));
  ASSERT_OK(cuda().cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
  CUdeviceptr data = upload(std::vector<uint32_t>(100, 0));
  for (unsigned i = 0; i < 20; ++i) {
    ASSERT_OK(launch(scale, 1, 128, first, data, 100u, 2u));
    ASSERT_OK(cuda().cuEventRecord(event, first));
    ASSERT_OK(cuda().cuStreamWaitEvent(second, event, 0));
    ASSERT_OK(launch(scale, 1, 128, second, data, 100u, 1u));
    ASSERT_OK(cuda().cuEventRecord(event, second));
    ASSERT_OK(cuda().cuStreamWaitEvent(first, event, 0));
  }
  ASSERT_OK(cuda().cuEventSynchronize(event));
  uint32_t expected = 0;
  for (unsigned i = 0; i < 20; ++i)
    expected = expected * 2 + 1 + 1;
  EXPECT_THAT(download<uint32_t>(data, 100), Each(expected));
}

TEST_F(StreamTest, TheLegacyStreamWaitsForBlockingOnes) {
  CUfunction scale = load(scaleKernel, "scale");
  CUstream blocking;
  ASSERT_OK(cuda().cuStreamCreate(&blocking, CU_STREAM_DEFAULT));
  CUdeviceptr data = upload(std::vector<uint32_t>(10, 0));
  for (unsigned i = 0; i < 10; ++i) {
    ASSERT_OK(launch(scale, 1, 32, blocking, data, 10u, 2u));
    ASSERT_OK(launch(scale, 1, 32, nullptr, data, 10u, 3u));
  }
  uint32_t expected = 0;
  for (unsigned i = 0; i < 10; ++i)
    expected = (expected * 2 + 1) * 3 + 1;
  EXPECT_THAT(download<uint32_t>(data, 10), Each(expected));
}

TEST_F(StreamTest, QueriesComeToAnEnd) {
  CUfunction scale = load(scaleKernel, "scale");
  CUdeviceptr data = upload(std::vector<uint32_t>(10, 0));
  CUevent event;
  ASSERT_OK(cuda().cuEventCreate(&event, 0));
  EXPECT_OK(cuda().cuEventQuery(event)) << "never recorded";
  ASSERT_OK(launch(scale, 1, 32, nullptr, data, 10u, 2u));
  ASSERT_OK(cuda().cuEventRecord(event, nullptr));
  CUresult result;
  while ((result = cuda().cuEventQuery(event)) == CUDA_ERROR_NOT_READY)
    ;
  EXPECT_EQ(result, CUDA_SUCCESS);
  while ((result = cuda().cuStreamQuery(nullptr)) == CUDA_ERROR_NOT_READY)
    ;
  EXPECT_EQ(result, CUDA_SUCCESS);
}

TEST_F(StreamTest, HostFunctionsRunInOrder) {
  CUstream stream;
  ASSERT_OK(cuda().cuStreamCreate(&stream, 0));
  std::vector<int> order;
  struct Step {
    std::vector<int> *order;
    int number;
  };
  std::vector<Step> steps;
  for (int i = 0; i < 10; ++i)
    steps.push_back({&order, i});
  for (Step &step : steps)
    ASSERT_OK(cuda().cuLaunchHostFunc(
        stream,
        [](void *data) {
          Step &step = *static_cast<Step *>(data);
          step.order->push_back(step.number);
        },
        &step));
  ASSERT_OK(cuda().cuStreamSynchronize(stream));
  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST_F(StreamTest, EventsMeasureTime) {
  CUevent start, end, untimed;
  ASSERT_OK(cuda().cuEventCreate(&start, 0));
  ASSERT_OK(cuda().cuEventCreate(&end, 0));
  ASSERT_OK(cuda().cuEventCreate(&untimed, CU_EVENT_DISABLE_TIMING));
  float milliseconds = -1;
  EXPECT_EQ(cuda().cuEventElapsedTime(&milliseconds, start, end),
            CUDA_ERROR_INVALID_HANDLE);
  ASSERT_OK(cuda().cuEventRecord(start, nullptr));
  ASSERT_OK(cuda().cuEventRecord(untimed, nullptr));
  ASSERT_OK(cuda().cuEventRecord(end, nullptr));
  ASSERT_OK(cuda().cuEventSynchronize(end));
  EXPECT_OK(cuda().cuEventElapsedTime(&milliseconds, start, end));
  EXPECT_GE(milliseconds, 0);
  EXPECT_EQ(cuda().cuEventElapsedTime(&milliseconds, start, untimed),
            CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(StreamTest, HandlesOfAnotherContextAreRefused) {
  CUfunction scale = load(scaleKernel, "scale");
  CUdeviceptr data = upload(std::vector<uint32_t>(10, 0));
  CUstream stream;
  CUevent event;
  ASSERT_OK(cuda().cuStreamCreate(&stream, 0));
  ASSERT_OK(cuda().cuEventCreate(&event, 0));
  ASSERT_OK(cuda().cuCtxSetCurrent(contexts[1]));
  EXPECT_EQ(launch(scale, 1, 32, nullptr, data, 10u, 2u),
            CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(launch(scale, 1, 32, stream, data, 10u, 2u),
            CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cuda().cuEventRecord(event, nullptr), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cuda().cuStreamSynchronize(stream), CUDA_ERROR_INVALID_CONTEXT);
}

namespace {
/// Holds a stream up until it is opened, or for a while if nobody does.
struct Gate {
  std::atomic<bool> isOpen = false, wasOpen = false;

  void close(CUstream stream) {
    ASSERT_OK(cuda().cuLaunchHostFunc(
        stream,
        [](void *data) {
          Gate &gate = *static_cast<Gate *>(data);
          for (unsigned i = 0; i < 2000 && !gate.isOpen; ++i)
            usleep(1000);
          gate.wasOpen = gate.isOpen.load();
        },
        this));
  }
};
} // namespace

TEST_F(StreamTest, ABlockingStreamIsNotBehindLaterWorkOfTheLegacyOne) {
  CUstream blocking;
  ASSERT_OK(cuda().cuStreamCreate(&blocking, CU_STREAM_DEFAULT));
  Gate gate;
  gate.close(nullptr);
  EXPECT_OK(cuda().cuStreamSynchronize(blocking));
  gate.isOpen = true;
  EXPECT_OK(cuda().cuStreamSynchronize(nullptr));
  EXPECT_TRUE(gate.wasOpen);
}

TEST_F(StreamTest, AQueryOfTheLegacyStreamSeesBlockingOnes) {
  CUstream blocking;
  ASSERT_OK(cuda().cuStreamCreate(&blocking, CU_STREAM_DEFAULT));
  Gate gate;
  gate.close(blocking);
  EXPECT_EQ(cuda().cuStreamQuery(nullptr), CUDA_ERROR_NOT_READY);
  gate.isOpen = true;
  EXPECT_OK(cuda().cuStreamSynchronize(nullptr));
}

TEST_F(StreamTest, EventsOutliveTheirStream) {
  CUstream stream;
  CUevent event;
  ASSERT_OK(cuda().cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  ASSERT_OK(cuda().cuEventCreate(&event, 0));
  Gate gate;
  gate.isOpen = true;
  gate.close(stream);
  ASSERT_OK(cuda().cuEventRecord(event, stream));
  ASSERT_OK(cuda().cuStreamDestroy_v2(stream));
  EXPECT_OK(cuda().cuEventQuery(event));
  EXPECT_OK(cuda().cuStreamWaitEvent(nullptr, event, 0));
  EXPECT_OK(cuda().cuEventRecord(event, nullptr));
  EXPECT_OK(cuda().cuEventSynchronize(event));
}

TEST_F(StreamTest, NoContextTakesTheTopOffTheStack) {
  ASSERT_OK(cuda().cuCtxPushCurrent_v2(contexts[1]));
  ASSERT_OK(cuda().cuCtxSetCurrent(nullptr));
  CUcontext current = nullptr;
  EXPECT_OK(cuda().cuCtxGetCurrent(&current));
  EXPECT_EQ(current, contexts[0]);
  ASSERT_OK(cuda().cuCtxSetCurrent(nullptr));
  EXPECT_EQ(cuda().cuCtxPopCurrent_v2(nullptr), CUDA_ERROR_INVALID_CONTEXT);
}

TEST_F(StreamTest, AChildOfAProcessThatUsedTheDriverIsToldSo) {
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    CUdeviceptr address;
    bool isRight =
        cuda().cuInit(0) == CUDA_ERROR_NOT_INITIALIZED &&
        cuda().cuMemAlloc_v2(&address, 4) == CUDA_ERROR_NOT_INITIALIZED;
    _exit(isRight ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(StreamTest, ThreadsShareAContext) {
  auto work = [&](unsigned number) {
    ASSERT_OK(cuda().cuCtxSetCurrent(contexts[0]));
    CUfunction scale = load(scaleKernel, "scale");
    for (unsigned i = 0; i < 20; ++i) {
      CUstream stream;
      CUevent event;
      ASSERT_OK(cuda().cuStreamCreate(
          &stream, number % 2 ? CU_STREAM_DEFAULT : CU_STREAM_NON_BLOCKING));
      ASSERT_OK(cuda().cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
      CUdeviceptr data = upload(std::vector<uint32_t>(10, i));
      ASSERT_OK(launch(scale, 1, 32, stream, data, 10u, 2u));
      ASSERT_OK(cuda().cuEventRecord(event, stream));
      ASSERT_OK(cuda().cuStreamWaitEvent(nullptr, event, 0));
      ASSERT_OK(launch(scale, 1, 32, nullptr, data, 10u, 3u));
      EXPECT_THAT(download<uint32_t>(data, 10), Each((i * 2 + 1) * 3 + 1));
      EXPECT_OK(cuda().cuEventDestroy_v2(event));
      EXPECT_OK(cuda().cuStreamDestroy_v2(stream));
      EXPECT_OK(cuda().cuMemFree_v2(data));
    }
  };
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < 4; ++number)
    threads.emplace_back(work, number);
  for (std::thread &thread : threads)
    thread.join();
}
