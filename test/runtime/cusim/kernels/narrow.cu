//===- narrow.cu - Bytes, halves and bfloats -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

// y = a * x + y in pairs of f16.
extern "C" __global__ void axpyHalf(half a, const half2 *x, half2 *y,
                                    int pairs) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < pairs)
    y[i] = __hfma2(__half2half2(a), x[i], y[i]);
}

// Through f32 and back, rounded to the nearest.
extern "C" __global__ void scaleBFloat(const __nv_bfloat16 *x, __nv_bfloat16 *y,
                                       float factor, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count)
    y[i] = __float2bfloat16(__bfloat162float(x[i]) * factor);
}

// Dot products of four signed bytes, a warp a row of `words` words.
extern "C" __global__ void dotBytes(const int *weights, const int *x, int *y,
                                    int words) {
  int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  int sum = 0;
  for (int i = threadIdx.x % 32; i < words; i += 32)
    sum = __dp4a(weights[row * words + i], x[i], sum);
  for (int offset = 16; offset; offset /= 2)
    sum += __shfl_xor_sync(0xffffffff, sum, offset);
  if (threadIdx.x % 32 == 0)
    y[row] = sum;
}

// The mean of bytes without overflow, their distance, and swapped bytes.
extern "C" __global__ void mixBytes(const unsigned *a, const unsigned *b,
                                    unsigned *mean, unsigned *distance,
                                    unsigned *swapped, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count)
    return;
  mean[i] = (a[i] | b[i]) - ((a[i] ^ b[i]) >> 1 & 0x7f7f7f7f);
  distance[i] = __vabsdiffu4(a[i], b[i]);
  swapped[i] = __byte_perm(a[i], 0, 0x0123);
}

// int4 weights of groups of 32, a scale each, dequantized in registers.
extern "C" __global__ void dotNibbles(const unsigned *weights,
                                      const half *scales, const float *x,
                                      float *y, int groups) {
  int row = blockIdx.x * blockDim.y + threadIdx.y, lane = threadIdx.x;
  float sum = 0;
  for (int group = lane; group < groups; group += 32) {
    float part = 0;
    for (int word = 0; word < 4; ++word) {
      unsigned bits = weights[(row * groups + group) * 4 + word];
      for (int i = 0; i < 8; ++i)
        part += (int(bits >> 4 * i & 15) - 8) * x[group * 32 + word * 8 + i];
    }
    sum += part * __half2float(scales[row * groups + group]);
  }
  for (int offset = 16; offset; offset /= 2)
    sum += __shfl_down_sync(0xffffffff, sum, offset);
  if (lane == 0)
    y[row] = sum;
}
