//===- gemm.cu - Products of matrices ------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <mma.h>

// C[m, n] = A[m, k] B[k, n], any sizes; 64 x 64 a block of 256 threads.
extern "C" __global__ void gemmTiled(const float *a, const float *b, float *c,
                                     int m, int n, int k) {
  __shared__ float aTile[16][64 + 4], bTile[16][64];
  int thread = threadIdx.x, tx = thread % 16, ty = thread / 16;
  int row0 = blockIdx.y * 64, column0 = blockIdx.x * 64;
  float sums[4][4] = {};
  for (int k0 = 0; k0 < k; k0 += 16) {
    for (int i = thread; i < 64 * 16; i += 256) {
      int row = i / 16, kk = i % 16;
      bool isInside = row0 + row < m && k0 + kk < k;
      aTile[kk][row] = isInside ? a[(row0 + row) * k + k0 + kk] : 0;
    }
    for (int i = thread; i < 16 * 64; i += 256) {
      int kk = i / 64, column = i % 64;
      bool isInside = k0 + kk < k && column0 + column < n;
      bTile[kk][column] = isInside ? b[(k0 + kk) * n + column0 + column] : 0;
    }
    __syncthreads();
#pragma unroll
    for (int kk = 0; kk < 16; ++kk)
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
          sums[i][j] += aTile[kk][ty * 4 + i] * bTile[kk][tx * 4 + j];
    __syncthreads();
  }
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      int row = row0 + ty * 4 + i, column = column0 + tx * 4 + j;
      if (row < m && column < n)
        c[row * n + column] = sums[i][j];
    }
}

// One warp a tile of 16 x 16; sizes are multiples of 16.
extern "C" __global__ void gemmWmma(const half *a, const half *b, float *c,
                                    int m, int n, int k) {
  using namespace nvcuda;
  wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> aPart;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::row_major> bPart;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sums;
  wmma::fill_fragment(sums, 0.0f);
  int row = blockIdx.y * 16, column = blockIdx.x * 16;
  for (int k0 = 0; k0 < k; k0 += 16) {
    wmma::load_matrix_sync(aPart, a + row * k + k0, k);
    wmma::load_matrix_sync(bPart, b + k0 * n + column, n);
    wmma::mma_sync(sums, aPart, bPart, sums);
  }
  wmma::store_matrix_sync(c + row * n + column, sums, n, wmma::mem_row_major);
}

__device__ unsigned sharedAddress(const void *pointer) {
  return unsigned(__cvta_generic_to_shared(pointer));
}

// 64 x 64 a block of 4 warps, two stages of cp.async, ldmatrix, mma.sync;
// m and n are multiples of 64, k of 32.
extern "C" __global__ void gemmMma(const half *a, const half *b, float *c,
                                   int m, int n, int k) {
  // Rows of 32 halves and 8 of padding: no bank conflicts of ldmatrix.
  __shared__ __align__(16) half aTile[2][64][40], bTile[2][32][72];
  int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  int row0 = blockIdx.y * 64, column0 = blockIdx.x * 64;
  auto fetch = [&](int stage, int k0) {
    for (int i = thread; i < 64 * 4; i += 128) {
      int row = i / 4, part = i % 4 * 8;
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" ::"r"(
                       sharedAddress(&aTile[stage][row][part])),
                   "l"(a + (row0 + row) * k + k0 + part));
    }
    for (int i = thread; i < 32 * 8; i += 128) {
      int row = i / 8, part = i % 8 * 8;
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" ::"r"(
                       sharedAddress(&bTile[stage][row][part])),
                   "l"(b + (k0 + row) * n + column0 + part));
    }
    asm volatile("cp.async.commit_group;\n");
  };
  float sums[8][4] = {};
  fetch(0, 0);
  for (int k0 = 0, stage = 0; k0 < k; k0 += 32, stage ^= 1) {
    if (k0 + 32 < k) {
      fetch(stage ^ 1, k0 + 32);
      asm volatile("cp.async.wait_group 1;\n");
    } else {
      asm volatile("cp.async.wait_group 0;\n");
    }
    __syncthreads();
    for (int kk = 0; kk < 32; kk += 16) {
      unsigned aPart[4];
      asm volatile(
          "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
          : "=r"(aPart[0]), "=r"(aPart[1]), "=r"(aPart[2]), "=r"(aPart[3])
          : "r"(sharedAddress(
              &aTile[stage][warp * 16 + lane % 16][kk + lane / 16 * 8])));
      for (int j = 0; j < 8; ++j) {
        unsigned bPart[2];
        asm volatile(
            "ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];\n"
            : "=r"(bPart[0]), "=r"(bPart[1])
            : "r"(sharedAddress(&bTile[stage][kk + lane % 16][j * 8])));
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                     "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
                     : "+f"(sums[j][0]), "+f"(sums[j][1]), "+f"(sums[j][2]),
                       "+f"(sums[j][3])
                     : "r"(aPart[0]), "r"(aPart[1]), "r"(aPart[2]),
                       "r"(aPart[3]), "r"(bPart[0]), "r"(bPart[1]));
      }
    }
    __syncthreads();
  }
  for (int j = 0; j < 8; ++j)
    for (int i = 0; i < 4; ++i) {
      int row = row0 + warp * 16 + lane / 4 + i / 2 * 8;
      int column = column0 + j * 8 + lane % 4 * 2 + i % 2;
      c[row * n + column] = sums[j][i];
    }
}
