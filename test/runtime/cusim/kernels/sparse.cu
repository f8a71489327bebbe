//===- sparse.cu - A sparse matrix times a vector ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cuda_runtime.h>

// Compressed rows, a warp a row: rows of any length diverge.
extern "C" __global__ void multiplyRows(const int *rowStarts,
                                        const int *columns, const float *values,
                                        const float *x, float *y, int rows) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  int lane = threadIdx.x % 32;
  if (row >= rows)
    return;
  float sum = 0;
  for (int i = rowStarts[row] + lane; i < rowStarts[row + 1]; i += 32)
    sum += values[i] * __ldg(&x[columns[i]]);
  for (int offset = 16; offset; offset /= 2)
    sum += __shfl_xor_sync(0xffffffff, sum, offset);
  if (lane == 0)
    y[row] = sum;
}

// A thread a row: every lane has its own number of turns.
extern "C" __global__ void multiplyScalar(const int *rowStarts,
                                          const int *columns,
                                          const float *values, const float *x,
                                          float *y, int rows) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows)
    return;
  float sum = 0;
  for (int i = rowStarts[row]; i < rowStarts[row + 1]; ++i)
    sum += values[i] * x[columns[i]];
  y[row] = sum;
}

// Steps of Collatz's sequence: loops that end when they like.
extern "C" __global__ void collatz(const unsigned *numbers, unsigned *steps,
                                   int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count)
    return;
  unsigned long long value = numbers[i];
  unsigned taken = 0;
  while (value != 1) {
    if (value % 2)
      value = 3 * value + 1;
    else
      value /= 2;
    if (++taken == 1000)
      break;
  }
  steps[i] = taken;
}
