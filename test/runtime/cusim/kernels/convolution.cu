//===- convolution.cu - Convolution of an image --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cuda_runtime.h>

__constant__ float weights[49];

// 7 x 7, zeros outside; blocks of 16 x 16 threads.
extern "C" __global__ void convolve(const float *image, float *result,
                                    int height, int width) {
  __shared__ float tile[22][22];
  int row0 = blockIdx.y * 16, column0 = blockIdx.x * 16;
  for (int i = threadIdx.y * 16 + threadIdx.x; i < 22 * 22; i += 256) {
    int row = row0 + i / 22 - 3, column = column0 + i % 22 - 3;
    bool isInside = row >= 0 && row < height && column >= 0 && column < width;
    tile[i / 22][i % 22] = isInside ? image[row * width + column] : 0;
  }
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < 7; ++i)
    for (int j = 0; j < 7; ++j)
      sum += weights[i * 7 + j] * tile[threadIdx.y + i][threadIdx.x + j];
  int row = row0 + threadIdx.y, column = column0 + threadIdx.x;
  if (row < height && column < width)
    result[row * width + column] = sum;
}
