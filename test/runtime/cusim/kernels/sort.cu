//===- sort.cu - Bitonic and radix sort ----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cuda_runtime.h>

// One block, blockDim.x elements, a power of two.
extern "C" __global__ void bitonicSort(unsigned *data) {
  extern __shared__ unsigned values[];
  unsigned i = threadIdx.x;
  values[i] = data[i];
  __syncthreads();
  for (unsigned size = 2; size <= blockDim.x; size *= 2)
    for (unsigned distance = size / 2; distance; distance /= 2) {
      unsigned other = i ^ distance;
      if (other > i) {
        unsigned a = values[i], b = values[other];
        if (((i & size) == 0) == (a > b)) {
          values[i] = b;
          values[other] = a;
        }
      }
      __syncthreads();
    }
  data[i] = values[i];
}

// One warp sorts 32 values in registers.
extern "C" __global__ void sortInWarp(int *data) {
  int lane = threadIdx.x;
  int value = data[blockIdx.x * 32 + lane];
  for (int size = 2; size <= 32; size *= 2)
    for (int distance = size / 2; distance; distance /= 2) {
      int other = __shfl_xor_sync(0xffffffff, value, distance);
      bool isLower = (lane & distance) == 0, ascends = (lane & size) == 0;
      value = isLower == ascends ? min(value, other) : max(value, other);
    }
  data[blockIdx.x * 32 + lane] = value;
}

// One block sorts up to 1024 keys, a bit after the other, stably.
extern "C" __global__ void radixSort(unsigned *data, int count) {
  __shared__ unsigned keys[2][1024];
  __shared__ int zeros[33];
  int i = threadIdx.x, lane = i % 32, warp = i / 32, warps = blockDim.x / 32;
  keys[0][i] = i < count ? data[i] : 0xffffffff;
  for (int bit = 0; bit < 32; ++bit) {
    __syncthreads();
    unsigned key = keys[bit % 2][i];
    bool isOne = key >> bit & 1;
    unsigned ballot = __ballot_sync(0xffffffff, !isOne);
    if (lane == 0)
      zeros[warp + 1] = __popc(ballot);
    __syncthreads();
    if (i == 0) {
      zeros[0] = 0;
      for (int w = 1; w <= warps; ++w)
        zeros[w] += zeros[w - 1];
    }
    __syncthreads();
    int zerosBefore = zeros[warp] + __popc(ballot & ((1u << lane) - 1));
    int place = isOne ? zeros[warps] + i - zerosBefore : zerosBefore;
    keys[(bit + 1) % 2][place] = key;
  }
  __syncthreads();
  if (i < count)
    data[i] = keys[0][i];
}
