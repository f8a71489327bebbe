//===- NcclProcessesTest.cpp - Ranks of several processes -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/libraries/Nccl.h"

#include <sys/wait.h>
#include <unistd.h>

using namespace weft::cuda;

/// What mpirun would start: the processes share nothing but the id.
TEST(NcclProcesses, RanksOfThreeProcessesMeet) {
  constexpr int ranks = 3;
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  std::vector<pid_t> children;
  for (int rank = 0; rank < ranks; ++rank) {
    pid_t child = fork();
    if (child) {
      children.push_back(child);
      continue;
    }
    // Rank 0 makes the id for the others.
    ncclUniqueId id;
    if (rank == 0) {
      nccl().ncclGetUniqueId(&id);
      for (int i = 1; i < ranks; ++i)
        if (write(pipes[1], &id, sizeof(id)) != sizeof(id))
          _exit(1);
    } else if (read(pipes[0], &id, sizeof(id)) != sizeof(id)) {
      _exit(2);
    }
    CUcontext context;
    CUdeviceptr data;
    ncclComm_t communicator;
    std::vector<int32_t> values(1000, rank + 1), result(1000);
    bool isRight =
        cuda().cuInit(0) == CUDA_SUCCESS &&
        cuda().cuDevicePrimaryCtxRetain(&context, 0) == CUDA_SUCCESS &&
        cuda().cuCtxSetCurrent(context) == CUDA_SUCCESS &&
        cuda().cuMemAlloc_v2(&data, 4000) == CUDA_SUCCESS &&
        cuda().cuMemcpyHtoD_v2(data, values.data(), 4000) == CUDA_SUCCESS &&
        nccl().ncclCommInitRank(&communicator, ranks, id, rank) ==
            ncclSuccess &&
        nccl().ncclAllReduce(reinterpret_cast<void *>(data),
                             reinterpret_cast<void *>(data), 1000, ncclInt32,
                             ncclSum, communicator, nullptr) == ncclSuccess &&
        cuda().cuMemcpyDtoH_v2(result.data(), data, 4000) == CUDA_SUCCESS &&
        result == std::vector<int32_t>(1000, 1 + 2 + 3);
    _exit(isRight ? 0 : 3);
  }
  for (pid_t child : children) {
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  close(pipes[0]);
  close(pipes[1]);
}
