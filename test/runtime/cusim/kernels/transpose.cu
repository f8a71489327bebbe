//===- transpose.cu - A matrix, tile by tile -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cuda_runtime.h>

extern "C" __global__ void transpose(const float *in, float *out, int rows,
                                     int columns) {
  __shared__ float tile[32][33];
  int column = blockIdx.x * 32 + threadIdx.x;
  for (int i = threadIdx.y; i < 32; i += blockDim.y) {
    int row = blockIdx.y * 32 + i;
    if (row < rows && column < columns)
      tile[i][threadIdx.x] = in[row * columns + column];
  }
  __syncthreads();
  int row = blockIdx.y * 32 + threadIdx.x;
  for (int i = threadIdx.y; i < 32; i += blockDim.y) {
    int column = blockIdx.x * 32 + i;
    if (row < rows && column < columns)
      out[column * rows + row] = tile[threadIdx.x][i];
  }
}

// 16-byte accesses where the rows allow them.
extern "C" __global__ void copyVectors(const float4 *in, float4 *out,
                                       int count) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count;
       i += gridDim.x * blockDim.x)
    out[i] = in[i];
}
