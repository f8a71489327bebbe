//===- histogram.cu - Counts of bytes ------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cuda_runtime.h>

extern "C" __global__ void histogram(const unsigned char *data, int count,
                                     unsigned *counts) {
  __shared__ unsigned own[256];
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    own[i] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count;
       i += gridDim.x * blockDim.x)
    atomicAdd(&own[data[i]], 1);
  __syncthreads();
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    if (own[i])
      atomicAdd(&counts[i], own[i]);
}

// Lanes with the same byte elect one that adds for all.
extern "C" __global__ void histogramOfWarps(const unsigned char *data,
                                            int count, unsigned *counts) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned active = __ballot_sync(0xffffffff, i < count);
  if (i >= count)
    return;
  unsigned same = __match_any_sync(active, int(data[i]));
  if (__ffs(same) - 1 == threadIdx.x % 32)
    atomicAdd(&counts[data[i]], __popc(same));
}
