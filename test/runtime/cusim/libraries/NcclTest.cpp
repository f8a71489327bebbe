//===- NcclTest.cpp - Ranks of one process --------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/libraries/Nccl.h"

#include <atomic>
#include <numeric>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

using namespace weft::cuda;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {
/// Two devices of one thread, a communicator and a stream for each.
class NcclTest : public CudaTest {
protected:
  void SetUp() override {
    CudaTest::SetUp();
    ASSERT_EQ(nccl().ncclCommInitAll(communicators, 2, nullptr), ncclSuccess);
    for (int device : {0, 1}) {
      select(device);
      ASSERT_OK(
          cuda().cuStreamCreate(&streams[device], CU_STREAM_NON_BLOCKING));
    }
    select(0);
  }
  void TearDown() override {
    for (int device : {0, 1}) {
      EXPECT_EQ(nccl().ncclCommDestroy(communicators[device]), ncclSuccess);
      // ncclCommInitAll retained it.
      EXPECT_OK(cuda().cuDevicePrimaryCtxRelease_v2(device));
    }
    CudaTest::TearDown();
  }
  void select(int device) {
    ASSERT_OK(cuda().cuCtxSetCurrent(contexts[device]));
  }
  template <typename T>
  CUdeviceptr uploadTo(int device, const std::vector<T> &values) {
    select(device);
    return upload(values);
  }
  static void *pointer(CUdeviceptr address) {
    return reinterpret_cast<void *>(address);
  }
  void synchronize() {
    for (int device : {0, 1}) {
      select(device);
      ASSERT_OK(cuda().cuStreamSynchronize(streams[device]));
    }
  }
  ncclResult_t asyncError(int device) {
    ncclResult_t error = ncclInProgress;
    EXPECT_EQ(nccl().ncclCommGetAsyncError(communicators[device], &error),
              ncclSuccess);
    return error;
  }

  ncclComm_t communicators[2] = {};
  CUstream streams[2] = {};
};
} // namespace

TEST_F(NcclTest, AllReducesMoreThanAChunk) {
  size_t count = 700001;
  std::vector<float> first(count), second(count);
  std::iota(first.begin(), first.end(), 0);
  std::iota(second.begin(), second.end(), 5);
  CUdeviceptr data[] = {uploadTo(0, first), uploadTo(1, second)};
  ASSERT_EQ(nccl().ncclGroupStart(), ncclSuccess);
  for (int device : {0, 1}) {
    select(device);
    ASSERT_EQ(nccl().ncclAllReduce(pointer(data[device]), pointer(data[device]),
                                   count, ncclFloat32, ncclSum,
                                   communicators[device], streams[device]),
              ncclSuccess);
  }
  ASSERT_EQ(nccl().ncclGroupEnd(), ncclSuccess);
  synchronize();
  for (int device : {0, 1}) {
    select(device);
    std::vector<float> sum = download<float>(data[device], count);
    for (size_t i = 0; i < count; ++i)
      ASSERT_EQ(sum[i], first[i] + second[i]) << i;
  }
}

TEST_F(NcclTest, EveryCollective) {
  using Ints = std::vector<int32_t>;
  CUdeviceptr source[] = {uploadTo(0, Ints{1, 2, 3, 4}),
                          uploadTo(1, Ints{10, 20, 30, 40})};
  CUdeviceptr gathered[] = {uploadTo(0, Ints(8)), uploadTo(1, Ints(8))};
  CUdeviceptr scattered[] = {uploadTo(0, Ints(2)), uploadTo(1, Ints(2))};
  CUdeviceptr least[] = {uploadTo(0, Ints(4)), uploadTo(1, Ints(4))};
  CUdeviceptr shown[] = {uploadTo(0, Ints(4)), uploadTo(1, Ints(4))};
  for (int device : {0, 1}) {
    select(device);
    ncclComm_t comm = communicators[device];
    CUstream stream = streams[device];
    void *from = pointer(source[device]);
    EXPECT_EQ(nccl().ncclAllGather(from, pointer(gathered[device]), 4,
                                   ncclInt32, comm, stream),
              ncclSuccess);
    EXPECT_EQ(nccl().ncclReduceScatter(from, pointer(scattered[device]), 2,
                                       ncclInt32, ncclSum, comm, stream),
              ncclSuccess);
    EXPECT_EQ(nccl().ncclReduce(from, pointer(least[device]), 4, ncclInt32,
                                ncclMax, 1, comm, stream),
              ncclSuccess);
    EXPECT_EQ(nccl().ncclBroadcast(from, pointer(shown[device]), 4, ncclInt32,
                                   1, comm, stream),
              ncclSuccess);
  }
  synchronize();
  for (int device : {0, 1}) {
    select(device);
    EXPECT_THAT(download<int32_t>(gathered[device], 8),
                ElementsAre(1, 2, 3, 4, 10, 20, 30, 40));
    EXPECT_THAT(download<int32_t>(shown[device], 4),
                ElementsAre(10, 20, 30, 40));
    EXPECT_EQ(asyncError(device), ncclSuccess);
  }
  EXPECT_THAT(download<int32_t>(scattered[1], 2), ElementsAre(33, 44));
  EXPECT_THAT(download<int32_t>(least[1], 4), ElementsAre(10, 20, 30, 40));
  select(0);
  EXPECT_THAT(download<int32_t>(scattered[0], 2), ElementsAre(11, 22));
  EXPECT_THAT(download<int32_t>(least[0], 4), Each(0)) << "only the root's";
}

TEST_F(NcclTest, SendsAndReceivesOfAGroupMeet) {
  size_t count = 100000;
  CUdeviceptr source[] = {uploadTo(0, std::vector<int32_t>(count, 7)),
                          uploadTo(1, std::vector<int32_t>(count, 9))};
  CUdeviceptr target[] = {uploadTo(0, std::vector<int32_t>(count)),
                          uploadTo(1, std::vector<int32_t>(count))};
  for (int device : {0, 1}) {
    select(device);
    ASSERT_EQ(nccl().ncclGroupStart(), ncclSuccess);
    EXPECT_EQ(nccl().ncclSend(pointer(source[device]), count, ncclInt32,
                              1 - device, communicators[device],
                              streams[device]),
              ncclSuccess);
    EXPECT_EQ(nccl().ncclRecv(pointer(target[device]), count, ncclInt32,
                              1 - device, communicators[device],
                              streams[device]),
              ncclSuccess);
    ASSERT_EQ(nccl().ncclGroupEnd(), ncclSuccess);
  }
  synchronize();
  EXPECT_THAT(download<int32_t>(target[1], count), Each(7));
  select(0);
  EXPECT_THAT(download<int32_t>(target[0], count), Each(9));
}

TEST_F(NcclTest, DifferentCallsAreFoundOut) {
  CUdeviceptr data[] = {uploadTo(0, std::vector<float>(8, 1)),
                        uploadTo(1, std::vector<float>(8, 2))};
  for (int device : {0, 1}) {
    select(device);
    EXPECT_EQ(nccl().ncclAllReduce(pointer(data[device]), pointer(data[device]),
                                   device ? 8 : 4, ncclFloat32, ncclSum,
                                   communicators[device], streams[device]),
              ncclSuccess);
  }
  synchronize();
  for (int device : {0, 1})
    EXPECT_EQ(asyncError(device), ncclInvalidUsage);
  select(0);
  EXPECT_THAT(download<float>(data[0], 8), Each(1)) << "untouched";
}

TEST_F(NcclTest, AbortingEndsWhatWaits) {
  CUdeviceptr data = uploadTo(0, std::vector<float>(8, 1));
  ASSERT_EQ(nccl().ncclAllReduce(pointer(data), pointer(data), 8, ncclFloat32,
                                 ncclSum, communicators[0], streams[0]),
            ncclSuccess);
  std::thread waits([&] {
    select(0);
    EXPECT_OK(cuda().cuStreamSynchronize(streams[0]));
  });
  usleep(20000);
  EXPECT_EQ(nccl().ncclCommAbort(communicators[1]), ncclSuccess);
  waits.join();
  EXPECT_NE(asyncError(0), ncclSuccess);
}

TEST_F(NcclTest, WrongArgumentsAreRefused) {
  CUdeviceptr data = uploadTo(0, std::vector<float>(8, 1));
  EXPECT_EQ(nccl().ncclAllReduce(pointer(data), pointer(data), 9, ncclFloat32,
                                 ncclSum, communicators[0], streams[0]),
            ncclInvalidArgument);
  EXPECT_EQ(nccl().ncclBroadcast(pointer(data), pointer(data), 8, ncclFloat32,
                                 2, communicators[0], streams[0]),
            ncclInvalidArgument);
  EXPECT_EQ(nccl().ncclAllReduce(pointer(data), pointer(data), 8, ncclFloat32,
                                 ncclRedOp_t(77), communicators[0], streams[0]),
            ncclInvalidArgument);
  EXPECT_EQ(nccl().ncclSend(pointer(data), SIZE_MAX, ncclFloat32, 1,
                            communicators[0], streams[0]),
            ncclInvalidArgument);
  EXPECT_EQ(nccl().ncclAllGather(pointer(data), pointer(data), SIZE_MAX / 8,
                                 ncclFloat32, communicators[0], streams[0]),
            ncclInvalidArgument);
  int value = 0;
  EXPECT_EQ(nccl().ncclCommCount(reinterpret_cast<ncclComm_t>(&value), &value),
            ncclInvalidArgument);
  EXPECT_EQ(nccl().ncclGroupEnd(), ncclInvalidUsage);
  ncclUniqueId id = {"../../etc/passwd"};
  ncclComm_t communicator;
  EXPECT_EQ(nccl().ncclCommInitRank(&communicator, 2, id, 0),
            ncclInvalidArgument);
}

namespace {
/// Holds a stream up until it is opened.
struct Gate {
  std::atomic<bool> isOpen = false;

  void close(CUstream stream) {
    ASSERT_OK(cuda().cuLaunchHostFunc(
        stream,
        [](void *data) {
          for (Gate &gate = *static_cast<Gate *>(data); !gate.isOpen;)
            usleep(1000);
        },
        this));
  }
};
} // namespace

TEST_F(NcclTest, OneThreadCallsForAllRanks) {
  CUdeviceptr data[] = {uploadTo(0, std::vector<float>(8, 1)),
                        uploadTo(1, std::vector<float>(8, 2))};
  select(0);
  ASSERT_EQ(nccl().ncclGroupStart(), ncclSuccess);
  for (int device : {0, 1})
    EXPECT_EQ(nccl().ncclAllReduce(pointer(data[device]), pointer(data[device]),
                                   8, ncclFloat32, ncclSum,
                                   communicators[device], streams[device]),
              ncclSuccess);
  ASSERT_EQ(nccl().ncclGroupEnd(), ncclSuccess);
  CUcontext current = nullptr;
  EXPECT_OK(cuda().cuCtxGetCurrent(&current));
  EXPECT_EQ(current, contexts[0]);
  synchronize();
  EXPECT_THAT(download<float>(data[1], 8), Each(3));
}

TEST_F(NcclTest, CallsInSeveralStreamsKeepTheirOrder) {
  CUdeviceptr data[] = {uploadTo(0, std::vector<float>(8, 1)),
                        uploadTo(1, std::vector<float>(8, 2))};
  select(0);
  CUstream other;
  ASSERT_OK(cuda().cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
  Gate gate;
  gate.close(streams[0]);
  auto reduce = [&](int device, size_t count, CUstream stream) {
    select(device);
    EXPECT_EQ(nccl().ncclAllReduce(pointer(data[device]), pointer(data[device]),
                                   count, ncclFloat32, ncclSum,
                                   communicators[device], stream),
              ncclSuccess);
  };
  reduce(0, 8, streams[0]);
  reduce(0, 4, other);
  reduce(1, 8, streams[1]);
  reduce(1, 4, streams[1]);
  usleep(20000);
  gate.isOpen = true;
  select(0);
  ASSERT_OK(cuda().cuStreamSynchronize(other));
  synchronize();
  for (int device : {0, 1})
    EXPECT_EQ(asyncError(device), ncclSuccess);
  EXPECT_THAT(download<float>(data[1], 8), ElementsAre(6, 6, 6, 6, 3, 3, 3, 3));
}

TEST_F(NcclTest, WorkInStreamsOutlivesItsCommunicator) {
  CUdeviceptr data[] = {uploadTo(0, std::vector<float>(8, 1)),
                        uploadTo(1, std::vector<float>(8, 2))};
  ncclUniqueId id;
  ASSERT_EQ(nccl().ncclGetUniqueId(&id), ncclSuccess);
  ncclComm_t own[2];
  ASSERT_EQ(nccl().ncclGroupStart(), ncclSuccess);
  for (int device : {0, 1}) {
    select(device);
    ASSERT_EQ(nccl().ncclCommInitRank(&own[device], 2, id, device),
              ncclSuccess);
  }
  ASSERT_EQ(nccl().ncclGroupEnd(), ncclSuccess);
  Gate gate;
  for (int device : {0, 1}) {
    select(device);
    gate.close(streams[device]);
    EXPECT_EQ(nccl().ncclAllReduce(pointer(data[device]), pointer(data[device]),
                                   8, ncclFloat32, ncclSum, own[device],
                                   streams[device]),
              ncclSuccess);
    EXPECT_EQ(nccl().ncclCommDestroy(own[device]), ncclSuccess);
    EXPECT_EQ(nccl().ncclCommDestroy(own[device]), ncclInvalidArgument);
    int count;
    EXPECT_EQ(nccl().ncclCommCount(own[device], &count), ncclInvalidArgument);
  }
  gate.isOpen = true;
  // Nobody is left to ask late streams for each other's work.
  for (int device : {0, 1}) {
    select(device);
    cuda().cuStreamQuery(streams[device]);
  }
  synchronize();
  EXPECT_THAT(download<float>(data[1], 8), Each(3));
}

TEST_F(NcclTest, TransfersOfDifferentSizesAreFoundOut) {
  CUdeviceptr data[] = {uploadTo(0, std::vector<float>(8, 1)),
                        uploadTo(1, std::vector<float>(8, 2))};
  select(0);
  EXPECT_EQ(nccl().ncclSend(pointer(data[0]), 8, ncclFloat32, 1,
                            communicators[0], streams[0]),
            ncclSuccess);
  select(1);
  EXPECT_EQ(nccl().ncclRecv(pointer(data[1]), 4, ncclFloat32, 0,
                            communicators[1], streams[1]),
            ncclSuccess);
  synchronize();
  EXPECT_EQ(asyncError(1), ncclInvalidUsage);
  EXPECT_THAT(download<float>(data[1], 8), Each(2)) << "untouched";
}

TEST_F(NcclTest, GroupsThatDisagreeDoNotForm) {
  auto join = [&](const int (&ranks)[2], const int (&rank)[2]) {
    ncclUniqueId id;
    EXPECT_EQ(nccl().ncclGetUniqueId(&id), ncclSuccess);
    ncclComm_t own[2];
    EXPECT_EQ(nccl().ncclGroupStart(), ncclSuccess);
    for (int device : {0, 1}) {
      select(device);
      EXPECT_EQ(nccl().ncclCommInitRank(&own[device], ranks[device], id,
                                        rank[device]),
                ncclSuccess);
    }
    ncclResult_t result = nccl().ncclGroupEnd();
    EXPECT_EQ(shm_unlink(id.internal), 0);
    return result;
  };
  EXPECT_EQ(join({2, 3}, {0, 1}), ncclSystemError);
  EXPECT_EQ(join({2, 2}, {1, 1}), ncclSystemError) << "no rank 0";
  EXPECT_EQ(join({3, 3}, {1, 1}), ncclSystemError) << "no rank 0, no rank 2";
}
