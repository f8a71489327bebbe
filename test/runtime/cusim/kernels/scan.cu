//===- scan.cu - Prefix sums ---------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cuda_runtime.h>

// Each block scans blockDim.x elements and leaves its sum in `sums`.
extern "C" __global__ void scanBlocks(const int *data, int count, int *result,
                                      int *sums) {
  __shared__ int ofWarps[32];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  int value = i < count ? data[i] : 0;
  for (int offset = 1; offset < 32; offset *= 2) {
    int below = __shfl_up_sync(0xffffffff, value, offset);
    if (lane >= offset)
      value += below;
  }
  if (lane == 31)
    ofWarps[warp] = value;
  __syncthreads();
  if (warp == 0) {
    int ofWarp = lane < blockDim.x / 32 ? ofWarps[lane] : 0;
    for (int offset = 1; offset < 32; offset *= 2) {
      int below = __shfl_up_sync(0xffffffff, ofWarp, offset);
      if (lane >= offset)
        ofWarp += below;
    }
    ofWarps[lane] = ofWarp;
  }
  __syncthreads();
  if (warp > 0)
    value += ofWarps[warp - 1];
  if (i < count)
    result[i] = value;
  if (threadIdx.x == blockDim.x - 1)
    sums[blockIdx.x] = value;
}

extern "C" __global__ void addSums(int *result, int count,
                                   const int *scannedSums) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count && blockIdx.x > 0)
    result[i] += scannedSums[blockIdx.x - 1];
}

// Blocks wait for the one before them: they must all come to run.
extern "C" __global__ void scanChained(const int *data, int count, int *result,
                                       volatile int *carried,
                                       volatile int *isReady) {
  __shared__ int values[128];
  __shared__ int before;
  int i = blockIdx.x * 128 + threadIdx.x;
  values[threadIdx.x] = i < count ? data[i] : 0;
  __syncthreads();
  for (int offset = 1; offset < 128; offset *= 2) {
    int below = threadIdx.x >= offset ? values[threadIdx.x - offset] : 0;
    __syncthreads();
    values[threadIdx.x] += below;
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    before = 0;
    if (blockIdx.x > 0) {
      while (!isReady[blockIdx.x - 1])
        __nanosleep(100);
      __threadfence();
      before = carried[blockIdx.x - 1];
    }
    carried[blockIdx.x] = before + values[127];
    __threadfence();
    isReady[blockIdx.x] = 1;
  }
  __syncthreads();
  if (i < count)
    result[i] = before + values[threadIdx.x];
}
