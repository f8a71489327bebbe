//===- fft.cu - Fourier transforms ---------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cuda_runtime.h>

// 256 points a block of 128 threads, radix 2, decimation in time.
extern "C" __global__ void fft(float2 *data) {
  __shared__ float2 values[256];
  float2 *own = data + blockIdx.x * 256;
  for (int i = threadIdx.x; i < 256; i += 128)
    values[__brev(i) >> 24] = own[i];
  __syncthreads();
  for (int size = 2; size <= 256; size *= 2) {
    int half = size / 2, i = threadIdx.x;
    int position = i % half, first = i / half * size + position;
    float sine, cosine;
    sincospif(-2.0f * position / size, &sine, &cosine);
    float2 a = values[first], b = values[first + half];
    float2 turned =
        make_float2(b.x * cosine - b.y * sine, b.x * sine + b.y * cosine);
    values[first] = make_float2(a.x + turned.x, a.y + turned.y);
    values[first + half] = make_float2(a.x - turned.x, a.y - turned.y);
    __syncthreads();
  }
  for (int i = threadIdx.x; i < 256; i += 128)
    own[i] = values[i];
}
