//===- reduce.cu - Sums and largest elements -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cuda_runtime.h>

__device__ float sumOfWarp(float value) {
  for (int offset = 16; offset; offset /= 2)
    value += __shfl_down_sync(0xffffffff, value, offset);
  return value;
}

// Any number of elements; blocks of any number of whole warps.
extern "C" __global__ void sum(const float *data, int count, float *result) {
  __shared__ float sums[32];
  float own = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count;
       i += gridDim.x * blockDim.x)
    own += data[i];
  own = sumOfWarp(own);
  if (threadIdx.x % 32 == 0)
    sums[threadIdx.x / 32] = own;
  __syncthreads();
  if (threadIdx.x < 32) {
    own = threadIdx.x < blockDim.x / 32 ? sums[threadIdx.x] : 0;
    own = sumOfWarp(own);
    if (threadIdx.x == 0)
      atomicAdd(result, own);
  }
}

// A tree in shared memory, with a barrier a level.
extern "C" __global__ void largest(const int *data, int count, int *result) {
  extern __shared__ int tree[];
  int own = -2147483647 - 1;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count;
       i += gridDim.x * blockDim.x)
    own = max(own, data[i]);
  tree[threadIdx.x] = own;
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half; half /= 2) {
    if (threadIdx.x < half)
      tree[threadIdx.x] = max(tree[threadIdx.x], tree[threadIdx.x + half]);
    __syncthreads();
  }
  if (threadIdx.x == 0)
    atomicMax(result, tree[0]);
}

// The last block to come adds what all blocks left.
__device__ unsigned blocksDone = 0;
extern "C" __global__ void sumOnce(const double *data, int count,
                                   double *partial, double *result) {
  __shared__ double sums[256];
  __shared__ bool isLast;
  double own = 0;
  for (int i = blockIdx.x * 256 + threadIdx.x; i < count; i += gridDim.x * 256)
    own += data[i];
  sums[threadIdx.x] = own;
  __syncthreads();
  for (int half = 128; half; half /= 2) {
    if (threadIdx.x < half)
      sums[threadIdx.x] += sums[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = sums[0];
    __threadfence();
    isLast = atomicInc(&blocksDone, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (isLast && threadIdx.x == 0) {
    double total = 0;
    for (unsigned block = 0; block < gridDim.x; ++block)
      total += ((volatile double *)partial)[block];
    *result = total;
  }
}
