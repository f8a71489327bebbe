//===- bench.cu - Kernels to measure cusim with ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// bench.ptx: nvcc -arch=sm_80 -O3 -std=c++17 -ptx bench.cu (CUDA 13.0).

#include <cuda_bf16.h>
#include <cuda_runtime.h>

extern "C" __global__ void nothing() {}

extern "C" __global__ void barriers(int count) {
  for (int i = 0; i < count; ++i)
    __syncthreads();
}

extern "C" __global__ void shuffles(float *data, int count) {
  float value = data[threadIdx.x];
  for (int i = 0; i < count; ++i)
    value += __shfl_xor_sync(0xffffffff, value, 1 << i % 5);
  data[threadIdx.x] = value;
}

extern "C" __global__ void shufflesByOne(float *data, int count) {
  float value = data[threadIdx.x];
  for (int i = 0; i < count; ++i)
    value += __shfl_xor_sync(0xffffffff, value, 1);
  data[threadIdx.x] = value;
}

// y = W x: a warp a row, eight weights a lane at once; columns are a multiple
// of 8.
extern "C" __global__ void multiplyVector(const uint4 *weights, const float *x,
                                          float *y, int rows, int columns) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  int lane = threadIdx.x % 32;
  if (row >= rows)
    return;
  const uint4 *own = weights + size_t(row) * (columns / 8);
  float sum = 0;
  for (int i = lane; i < columns / 8; i += 32) {
    uint4 eight = own[i];
    const __nv_bfloat162 *pairs = (const __nv_bfloat162 *)&eight;
    for (int j = 0; j < 4; ++j) {
      float2 pair = __bfloat1622float2(pairs[j]);
      sum += pair.x * x[i * 8 + j * 2] + pair.y * x[i * 8 + j * 2 + 1];
    }
  }
  for (int offset = 16; offset; offset /= 2)
    sum += __shfl_xor_sync(0xffffffff, sum, offset);
  if (lane == 0)
    y[row] = sum;
}

// The same with a vector of bf16, eight elements a lane at once.
extern "C" __global__ void multiplyNarrowVector(const uint4 *weights,
                                                const uint4 *x, float *y,
                                                int rows, int columns) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  int lane = threadIdx.x % 32;
  if (row >= rows)
    return;
  const uint4 *own = weights + size_t(row) * (columns / 8);
  float sum = 0;
  for (int i = lane; i < columns / 8; i += 32) {
    uint4 left = own[i], right = x[i];
    const __nv_bfloat162 *pairs = (const __nv_bfloat162 *)&left;
    const __nv_bfloat162 *others = (const __nv_bfloat162 *)&right;
    for (int j = 0; j < 4; ++j) {
      float2 pair = __bfloat1622float2(pairs[j]);
      float2 other = __bfloat1622float2(others[j]);
      sum += pair.x * other.x + pair.y * other.y;
    }
  }
  for (int offset = 16; offset; offset /= 2)
    sum += __shfl_xor_sync(0xffffffff, sum, offset);
  if (lane == 0)
    y[row] = sum;
}
