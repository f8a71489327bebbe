//===- ReferenceGemm.cu - A product by hand, to compare with --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the emitter's tile of 128 by 128 does, in CUDA C++: f16, four warps of
// 64 by 64, 32 terms in each of two stages, cp.async, ldmatrix, mma.sync.
// StaticMetricsTest reports what nvcc makes of it.
//
//===----------------------------------------------------------------------===//

#include <cuda_fp16.h>
#include <cstdint>

constexpr int kRows = 128, kColumns = 128, kDepth = 32, kThreads = 128;
constexpr int kRowBytes = kDepth * 2;
constexpr int kLeftBytes = kRows * kRowBytes;
constexpr int kStageBytes = kLeftBytes + kColumns * kRowBytes;

__device__ __forceinline__ void copy16(uint32_t target, const void *source) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(target),
               "l"(source));
}
__device__ __forceinline__ void load4(uint32_t (&words)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(address));
}
__device__ __forceinline__ void multiply(float (&c)[4], const uint32_t (&a)[4],
                                         uint32_t b0, uint32_t b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
               "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// y[m][n] = sum over k of x[m][k] * w[n][k]; sizes are whole tiles.
extern "C" __global__ void __launch_bounds__(kThreads)
    gemm(const half *__restrict__ x, const half *__restrict__ w,
         half *__restrict__ y, int m, int n, int k) {
  extern __shared__ __align__(128) char shared[];
  uint32_t base = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  int rowTiles = m / kRows;
  int firstRow = blockIdx.x % rowTiles * kRows;
  int firstColumn = blockIdx.x / rowTiles * kColumns;
  auto offset = [](int row, int piece) {
    return row * kRowBytes + ((piece ^ (row / 2 & 3)) * 16);
  };
  auto copy = [&](int depth, int stage) {
#pragma unroll
    for (int i = 0; i < kRows * 4; i += kThreads) {
      int row = (thread + i) / 4, piece = thread % 4;
      copy16(base + stage * kStageBytes + offset(row, piece),
             x + int64_t(firstRow + row) * k + depth + piece * 8);
    }
#pragma unroll
    for (int i = 0; i < kColumns * 4; i += kThreads) {
      int row = (thread + i) / 4, piece = thread % 4;
      copy16(base + stage * kStageBytes + kLeftBytes + offset(row, piece),
             w + int64_t(firstColumn + row) * k + depth + piece * 8);
    }
  };
  float sums[4][8][4] = {};
  int warpRow = warp % 2 * 64, warpColumn = warp / 2 * 64;
  copy(0, 0);
  asm volatile("cp.async.commit_group;");
  int stage = 0;
  for (int depth = 0; depth < k; depth += kDepth) {
    asm volatile("cp.async.wait_group 0;");
    __syncthreads();
    if (depth + kDepth < k)
      copy(depth + kDepth, stage ^ 1);
    asm volatile("cp.async.commit_group;");
    uint32_t left = base + stage * kStageBytes, right = left + kLeftBytes;
#pragma unroll
    for (int step = 0; step < 2; ++step) {
      uint32_t a[4][4], b[4][4];
#pragma unroll
      for (int i = 0; i < 4; ++i)
        load4(a[i], left + offset(warpRow + i * 16 + lane % 16,
                                  step * 2 + lane / 16));
#pragma unroll
      for (int j = 0; j < 4; ++j)
        load4(b[j],
              right + offset(warpColumn + j * 16 + lane % 8 + lane / 16 * 8,
                             step * 2 + (lane / 8 & 1)));
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 8; ++j)
          multiply(sums[i][j], a[i], b[j / 2][j % 2 * 2],
                   b[j / 2][j % 2 * 2 + 1]);
    }
    stage ^= 1;
  }
#pragma unroll
  for (int i = 0; i < 4; ++i)
#pragma unroll
    for (int j = 0; j < 8; ++j)
#pragma unroll
      for (int part = 0; part < 2; ++part) {
        int row = firstRow + warpRow + i * 16 + lane / 4 + part * 8;
        int column = firstColumn + warpColumn + j * 8 + lane % 4 * 2;
        *reinterpret_cast<half2 *>(y + int64_t(row) * n + column) =
            __floats2half2_rn(sums[i][j][part * 2], sums[i][j][part * 2 + 1]);
      }
}
