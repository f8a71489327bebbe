//===- Ampere.cu - Matrix products of sm_80 -------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ampere.ptx: nvcc -arch=sm_80 -ptx Ampere.cu (CUDA 13.0).
//
//===----------------------------------------------------------------------===//

#include <mma.h>

using u16 = unsigned short;
using u32 = unsigned int;

constexpr int Tile = 64, Depth = 32;
/// Rows of 32 halves and 16 bytes in between, so that ldmatrix has no bank
/// conflicts.
constexpr int Pitch = Depth + 8;

__device__ __forceinline__ u32 sharedAddress(const void *pointer) {
  return static_cast<u32>(__cvta_generic_to_shared(pointer));
}
__device__ __forceinline__ void copyRows(u16 *to, const u16 *from, int stride) {
  for (int i = threadIdx.x; i < Tile * Depth / 8; i += blockDim.x) {
    int row = i / (Depth / 8), part = i % (Depth / 8) * 8;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(
                     sharedAddress(to + row * Pitch + part)),
                 "l"(from + row * stride + part));
  }
}

/// c[m][n] = a[m][k] b[n][k], f16 into f32, by 128 threads for each 64 x 64:
/// cp.async into two buffers, ldmatrix, mma.m16n8k16.
extern "C" __global__ void gemm(const u16 *a, const u16 *b, float *c, int n,
                                int k) {
  __shared__ __align__(16) u16 as[2][Tile * Pitch], bs[2][Tile * Pitch];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  int row = warp / 2 * 32, column = warp % 2 * 32;
  const u16 *aFrom = a + blockIdx.y * Tile * k;
  const u16 *bFrom = b + blockIdx.x * Tile * k;
  float d[2][4][4] = {};
  copyRows(as[0], aFrom, k);
  copyRows(bs[0], bFrom, k);
  asm volatile("cp.async.commit_group;");
  for (int step = 0; step < k / Depth; ++step) {
    int now = step % 2;
    if (step + 1 < k / Depth) {
      copyRows(as[1 - now], aFrom + (step + 1) * Depth, k);
      copyRows(bs[1 - now], bFrom + (step + 1) * Depth, k);
    }
    asm volatile("cp.async.commit_group;\ncp.async.wait_group 1;");
    __syncthreads();
#pragma unroll
    for (int part = 0; part < Depth; part += 16) {
      u32 x[2][4], y[2][4];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const u16 *aRow =
            as[now] + (row + i * 16 + lane % 16) * Pitch + part + lane / 16 * 8;
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, "
                     "%3}, [%4];"
                     : "=r"(x[i][0]), "=r"(x[i][1]), "=r"(x[i][2]),
                       "=r"(x[i][3])
                     : "r"(sharedAddress(aRow)));
        const u16 *bRow = bs[now] +
                          (column + i * 16 + lane / 16 * 8 + lane % 8) * Pitch +
                          part + lane / 8 % 2 * 8;
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, "
                     "%3}, [%4];"
                     : "=r"(y[i][0]), "=r"(y[i][1]), "=r"(y[i][2]),
                       "=r"(y[i][3])
                     : "r"(sharedAddress(bRow)));
      }
#pragma unroll
      for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j)
          asm volatile(
              "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, "
              "%3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
              : "+f"(d[i][j][0]), "+f"(d[i][j][1]), "+f"(d[i][j][2]),
                "+f"(d[i][j][3])
              : "r"(x[i][0]), "r"(x[i][1]), "r"(x[i][2]), "r"(x[i][3]),
                "r"(y[j / 2][j % 2 * 2]), "r"(y[j / 2][j % 2 * 2 + 1]));
    }
    __syncthreads();
  }
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 4; ++j)
      for (int e = 0; e < 4; ++e)
        c[(blockIdx.y * Tile + row + i * 16 + lane / 4 + e / 2 * 8) * n +
          blockIdx.x * Tile + column + j * 8 + lane % 4 * 2 + e % 2] =
            d[i][j][e];
}

/// The same by wmma, a warp for each 16 x 16 of c.
extern "C" __global__ void wmmaGemm(const u16 *a, const u16 *b, float *c, int n,
                                    int k) {
  using namespace nvcuda;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> d;
  wmma::fill_fragment(d, 0.0f);
  const half *aFrom = reinterpret_cast<const half *>(a) + blockIdx.y * 16 * k;
  const half *bFrom = reinterpret_cast<const half *>(b) + blockIdx.x * 16 * k;
  for (int step = 0; step < k; step += 16) {
    wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> x;
    wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::col_major> y;
    wmma::load_matrix_sync(x, aFrom + step, k);
    wmma::load_matrix_sync(y, bFrom + step, k);
    wmma::mma_sync(d, x, y, d);
  }
  // Fragments can be scaled element by element, whatever their layout.
  for (int i = 0; i < d.num_elements; ++i)
    d.x[i] *= 0.5f;
  wmma::store_matrix_sync(c + blockIdx.y * 16 * n + blockIdx.x * 16, d, n,
                          wmma::mem_row_major);
}

/// Sums and maxima by shuffles, votes and matches over warps of a block.
extern "C" __global__ void warps(const u32 *in, u32 *out, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  u32 active = __ballot_sync(~0u, i < count);
  u32 value = i < count ? in[i] : 0;
  u32 sum = value;
  for (int step = 16; step; step /= 2)
    sum += __shfl_down_sync(~0u, sum, step);
  sum = __shfl_sync(~0u, sum, 0);
  u32 prefix = value;
  for (int step = 1; step < 32; step *= 2) {
    u32 other = __shfl_up_sync(~0u, prefix, step);
    if (threadIdx.x % 32 >= step)
      prefix += other;
  }
  u32 same = __match_any_sync(~0u, value % 4);
  u32 largest = __reduce_max_sync(~0u, value);
  // Half a warp by itself.
  u32 half = 0;
  if (threadIdx.x % 32 < 16)
    half = __reduce_add_sync(0xffff, value);
  if (i < count) {
    out[i * 6 + 0] = sum;
    out[i * 6 + 1] = prefix;
    out[i * 6 + 2] = same;
    out[i * 6 + 3] = largest;
    out[i * 6 + 4] = half;
    out[i * 6 + 5] = active;
  }
}
