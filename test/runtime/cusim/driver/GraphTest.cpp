//===- GraphTest.cpp - Capture and graphs ---------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/driver/CudaTest.h"

#include <atomic>
#include <unistd.h>

using namespace weft::cuda;
using testing::Each;

namespace {
class GraphTest : public CudaTest {
protected:
  void SetUp() override {
    CudaTest::SetUp();
    scale = load(scaleKernel, "scale");
    for (CUstream *stream : {&first, &second})
      ASSERT_OK(cuda().cuStreamCreate(stream, CU_STREAM_NON_BLOCKING));
    ASSERT_OK(cuda().cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
    data = upload(std::vector<uint32_t>(10, 0));
  }

  void begin() {
    ASSERT_OK(
        cuda().cuStreamBeginCapture_v2(first, CU_STREAM_CAPTURE_MODE_GLOBAL));
  }
  void add(CUstream stream, uint32_t factor) {
    ASSERT_OK(launch(scale, 1, 32, stream, data, 10u, factor));
  }
  /// second, behind the first, and the first again behind the second.
  void order(CUstream before, CUstream after) {
    ASSERT_OK(cuda().cuEventRecord(event, before));
    ASSERT_OK(cuda().cuStreamWaitEvent(after, event, 0));
  }

  CUfunction scale = nullptr;
  CUstream first = nullptr, second = nullptr;
  CUevent event = nullptr;
  CUdeviceptr data = 0;
};
} // namespace

TEST_F(GraphTest, RunsWhatWasCaptured) {
  begin();
  add(first, 2);
  order(first, second);
  add(second, 3);
  order(second, first);
  add(first, 5);
  CUgraph graph;
  ASSERT_OK(cuda().cuStreamEndCapture(first, &graph));
  size_t count = 0;
  EXPECT_OK(cuda().cuGraphGetNodes(graph, nullptr, &count));
  EXPECT_EQ(count, 3u);
  EXPECT_THAT(download<uint32_t>(data, 10), Each(0u)) << "captured, not run";

  CUgraphExec executable;
  ASSERT_OK(cuda().cuGraphInstantiateWithFlags(&executable, graph, 0));
  EXPECT_OK(cuda().cuGraphDestroy(graph));
  uint32_t expected = 0;
  for (unsigned i = 0; i < 3; ++i) {
    ASSERT_OK(cuda().cuGraphLaunch(executable, first));
    expected = ((expected * 2 + 1) * 3 + 1) * 5 + 1;
  }
  ASSERT_OK(cuda().cuStreamSynchronize(first));
  EXPECT_THAT(download<uint32_t>(data, 10), Each(expected));
  EXPECT_OK(cuda().cuGraphExecDestroy(executable));
  EXPECT_EQ(cuda().cuGraphLaunch(executable, first), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(GraphTest, IsUpdatedByOneOfTheSameForm) {
  auto capture = [&](uint32_t factor, unsigned launches) {
    CUgraph graph = nullptr;
    begin();
    for (unsigned i = 0; i < launches; ++i)
      add(first, factor);
    EXPECT_OK(cuda().cuStreamEndCapture(first, &graph));
    return graph;
  };
  CUgraphExec executable;
  ASSERT_OK(cuda().cuGraphInstantiateWithFlags(&executable, capture(2, 2), 0));
  CUgraphExecUpdateResultInfo info;
  EXPECT_OK(cuda().cuGraphExecUpdate_v2(executable, capture(7, 2), &info));
  EXPECT_EQ(info.result, CU_GRAPH_EXEC_UPDATE_SUCCESS);
  EXPECT_EQ(cuda().cuGraphExecUpdate_v2(executable, capture(7, 3), &info),
            CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE);
  EXPECT_EQ(info.result, CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED);
  ASSERT_OK(cuda().cuGraphLaunch(executable, first));
  ASSERT_OK(cuda().cuStreamSynchronize(first));
  EXPECT_THAT(download<uint32_t>(data, 10), Each(8u));
}

TEST_F(GraphTest, AllocationsAndWaitsSpoilACapture) {
  begin();
  CUdeviceptr other;
  EXPECT_EQ(cuda().cuMemAlloc_v2(&other, 100),
            CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  CUstreamCaptureStatus status;
  EXPECT_OK(cuda().cuStreamIsCapturing(first, &status));
  EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_INVALIDATED);
  CUgraph graph;
  EXPECT_EQ(cuda().cuStreamEndCapture(first, &graph),
            CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  EXPECT_EQ(graph, nullptr);
  begin();
  EXPECT_EQ(cuda().cuStreamSynchronize(first),
            CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  EXPECT_EQ(cuda().cuStreamEndCapture(first, &graph),
            CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
}

TEST_F(GraphTest, AThreadMayAllowItself) {
  begin();
  CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
  ASSERT_OK(cuda().cuThreadExchangeStreamCaptureMode(&mode));
  EXPECT_EQ(mode, CU_STREAM_CAPTURE_MODE_GLOBAL);
  EXPECT_OK(cuda().cuMemFree_v2(allocate(100)));
  ASSERT_OK(cuda().cuThreadExchangeStreamCaptureMode(&mode));
  CUgraph graph;
  EXPECT_OK(cuda().cuStreamEndCapture(first, &graph));
}

TEST_F(GraphTest, EveryStreamJoinsBack) {
  begin();
  add(first, 2);
  order(first, second);
  add(second, 3);
  CUgraph graph;
  EXPECT_EQ(cuda().cuStreamEndCapture(second, &graph),
            CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
  EXPECT_EQ(cuda().cuStreamEndCapture(first, &graph),
            CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
  EXPECT_EQ(cuda().cuStreamEndCapture(first, &graph), CUDA_ERROR_ILLEGAL_STATE);
  EXPECT_OK(launch(scale, 1, 32, second, data, 10u, 2u)) << "free again";
}

TEST_F(GraphTest, DoesNotMixWithWorkOutside) {
  ASSERT_OK(cuda().cuEventRecord(event, second));
  begin();
  EXPECT_EQ(cuda().cuStreamWaitEvent(first, event, 0),
            CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
  CUgraph graph;
  EXPECT_EQ(cuda().cuStreamEndCapture(first, &graph),
            CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  begin();
  ASSERT_OK(cuda().cuEventRecord(event, first));
  EXPECT_EQ(cuda().cuEventQuery(event), CUDA_ERROR_CAPTURED_EVENT);
  EXPECT_OK(cuda().cuStreamEndCapture(first, &graph));
  EXPECT_EQ(
      cuda().cuStreamBeginCapture_v2(nullptr, CU_STREAM_CAPTURE_MODE_GLOBAL),
      CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
}

TEST_F(GraphTest, ACaptureEndsWithItsStream) {
  begin();
  add(first, 2);
  order(first, second);
  ASSERT_OK(cuda().cuStreamDestroy_v2(first));
  EXPECT_OK(cuda().cuMemFree_v2(allocate(100)));
  CUgraph graph;
  EXPECT_EQ(cuda().cuStreamEndCapture(second, &graph),
            CUDA_ERROR_ILLEGAL_STATE);
  ASSERT_OK(cuda().cuStreamCreate(&first, CU_STREAM_NON_BLOCKING));
  begin();
  order(first, second);
  ASSERT_OK(cuda().cuStreamDestroy_v2(second));
  EXPECT_EQ(cuda().cuStreamEndCapture(first, &graph),
            CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
}

TEST_F(GraphTest, AStreamThatCapturesCannotBeAwaited) {
  ASSERT_OK(
      cuda().cuStreamBeginCapture_v2(first, CU_STREAM_CAPTURE_MODE_RELAXED));
  EXPECT_EQ(cuda().cuStreamQuery(first), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  EXPECT_OK(cuda().cuStreamSynchronize(second));
  EXPECT_EQ(cuda().cuStreamSynchronize(first),
            CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  CUgraph graph;
  EXPECT_EQ(cuda().cuStreamEndCapture(first, &graph),
            CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
}

TEST_F(GraphTest, LaunchesOfOneExecutableFollowEachOther) {
  struct State {
    std::atomic<int> running = 0, most = 0;
  } state;
  begin();
  ASSERT_OK(cuda().cuLaunchHostFunc(
      first,
      [](void *data) {
        State &state = *static_cast<State *>(data);
        int running = ++state.running;
        state.most = std::max(state.most.load(), running);
        usleep(20000);
        --state.running;
      },
      &state));
  CUgraph graph;
  ASSERT_OK(cuda().cuStreamEndCapture(first, &graph));
  CUgraphExec executable;
  ASSERT_OK(cuda().cuGraphInstantiateWithFlags(&executable, graph, 0));
  for (CUstream stream : {first, second, first, second})
    ASSERT_OK(cuda().cuGraphLaunch(executable, stream));
  EXPECT_OK(cuda().cuCtxSynchronize());
  EXPECT_EQ(state.most, 1);
}

TEST_F(GraphTest, GoesWithItsContext) {
  CUcontext own;
  ASSERT_OK(cuda().cuCtxCreate_v2(&own, 0, 0));
  CUfunction ownScale = load(scaleKernel, "scale");
  CUstream stream;
  ASSERT_OK(cuda().cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  CUdeviceptr ownData = upload(std::vector<uint32_t>(10, 0));
  ASSERT_OK(
      cuda().cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  ASSERT_OK(launch(ownScale, 1, 32, stream, ownData, 10u, 2u));
  CUgraph graph;
  ASSERT_OK(cuda().cuStreamEndCapture(stream, &graph));
  CUgraphExec executable;
  ASSERT_OK(cuda().cuGraphInstantiateWithFlags(&executable, graph, 0));
  ASSERT_OK(
      cuda().cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  EXPECT_OK(cuda().cuCtxDestroy_v2(own));
  ASSERT_OK(cuda().cuCtxSetCurrent(contexts[0]));
  EXPECT_OK(cuda().cuMemFree_v2(allocate(100))) << "nothing captures";
  EXPECT_EQ(cuda().cuGraphLaunch(executable, first), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cuda().cuGraphInstantiateWithFlags(&executable, graph, 0),
            CUDA_ERROR_INVALID_VALUE);
}
