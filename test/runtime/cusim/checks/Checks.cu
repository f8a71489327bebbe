//===- Checks.cu - Kernels with a bug each, and without -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Checks.ptx: nvcc -arch=sm_80 -ptx Checks.cu (CUDA 13.0). With bug == 0 every
// kernel is clean; other numbers choose a bug that the checks must catch.
//
//===----------------------------------------------------------------------===//

#include <cassert>
#include <cstdio>

#define KERNEL extern "C" __global__ void

/// out[i] = in[i] + 1 for i < n. 1: i <= n; 2: before the begin; 3: a value
/// that was not the device's pointer.
KERNEL increment(int *out, const int *in, int n, int bug) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (bug == 2)
    i -= 1;
  if (bug == 3)
    in = (const int *)((unsigned long long)in & 0xffffffffffffull);
  if (i < n + (bug == 1))
    out[i] = in[i] + 1;
}

/// Copies float4s. 1: from an address that is no multiple of 16.
KERNEL copyVectors(float4 *out, const float *in, int bug) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  out[i] = *(const float4 *)(in + 4 * i + (bug == 1));
}

/// The sum of each block. 1: no barrier in the loop; 2: the upper half of the
/// shared memory is not written; 3: reads behind its end; 4: a barrier that
/// not all lanes reach.
KERNEL reduce(int *out, const int *in, int bug) {
  __shared__ int values[128];
  int t = threadIdx.x;
  if (bug != 2 || t < 64)
    values[t] = in[blockIdx.x * 128 + t];
  __syncthreads();
  for (int step = 64; step > 0; step /= 2) {
    if (t < step) {
      values[t] += values[t + step + (bug == 3 ? 8000 : 0)];
      if (bug == 4)
        __syncthreads();
    }
    if (bug != 1)
      __syncthreads();
  }
  if (t == 0)
    out[blockIdx.x] = values[0];
}

/// Barriers that are not at the end of all paths. 1: the first lanes of each
/// warp wait, the others go past; 2: the last lanes; 3: lanes wait as often as
/// their number says.
KERNEL guarded(int *out, int n, int bug) {
  int t = threadIdx.x, lane = t % 32;
  if (t >= n)
    return; // No error: threads that ended count as arrived.
  for (int i = 0; i < (bug == 3 ? lane % 3 : n % 3); ++i)
    __syncthreads();
  if (bug == 1 ? lane < 16 : bug == 2 ? lane >= 16 : n > 3)
    __syncthreads();
  out[t] = t;
}

/// Each warp reverses its values. 1: without __syncwarp.
KERNEL reverseInWarps(int *out, const int *in, int bug) {
  __shared__ int values[64];
  int t = threadIdx.x;
  values[t] = in[t];
  if (bug != 1)
    __syncwarp();
  out[t] = values[t ^ 31];
}

/// A histogram of bytes by atomics in shared memory. 1: plain additions.
KERNEL histogram(int *out, const unsigned char *in, int n, int bug) {
  __shared__ int counts[256];
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    counts[i] = 0;
  __syncthreads();
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    if (bug == 1)
      counts[in[i]]++;
    else
      atomicAdd(&counts[in[i]], 1);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    atomicAdd(&out[i], counts[i]);
}

/// Writes bytes beside each other. 1: two threads write one byte.
KERNEL bytes(unsigned char *out, int bug) {
  __shared__ unsigned char values[128];
  int t = threadIdx.x;
  values[bug == 1 ? t & ~1 : t] = t;
  __syncthreads();
  out[t] = values[bug == 1 ? t & ~1 : t];
}

/// Copies through shared memory in two stages by cp.async. 1: the wait is
/// missing; 2: it waits for one group too few; 3: the barrier is missing; 4:
/// the next copy begins before all have read.
KERNEL pipeline(int *out, const int *in, int tiles, int bug) {
  __shared__ int buffer[2][64];
  int t = threadIdx.x;
  auto copy = [&](int tile) {
    unsigned to = __cvta_generic_to_shared(&buffer[tile % 2][t]);
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;\n"
                 "cp.async.commit_group;" ::"r"(to),
                 "l"(in + tile * 64 + t)
                 : "memory");
  };
  copy(0);
  for (int tile = 0; tile < tiles; ++tile) {
    if (tile + 1 < tiles)
      copy(tile + 1);
    if (bug != 1) {
      if (tile + 1 < tiles && bug != 2)
        asm volatile("cp.async.wait_group 1;" ::: "memory");
      else if (bug == 2)
        asm volatile("cp.async.wait_group 2;" ::: "memory");
      else
        asm volatile("cp.async.wait_group 0;" ::: "memory");
    }
    if (bug != 3)
      __syncthreads();
    out[tile * 64 + t] = buffer[tile % 2][63 - t];
    if (bug != 4)
      __syncthreads();
  }
}

/// Halves of a block that name different barriers. 1: they wait for each other.
KERNEL named(int *out, int bug) {
  int half = threadIdx.x / 32;
  if (bug == 1)
    asm volatile("bar.sync %0, 64;" ::"r"(half + 1) : "memory");
  else
    asm volatile("bar.sync %0, 32;" ::"r"(half + 1) : "memory");
  out[threadIdx.x] = half;
}

/// Waits for a flag. 1: nobody sets it.
KERNEL spin(volatile int *flag, int bug) {
  if (threadIdx.x == 0 && bug != 1)
    *flag = 1;
  while (*flag == 0)
    ;
}

/// 1: lane 3 names a membermask without itself; 2: lanes of one shuffle name
/// different members.
KERNEL shuffle(int *out, int bug) {
  unsigned members = 0xffffffff;
  if (bug == 1 && threadIdx.x == 3)
    members = 0xfffffff7;
  if (bug == 2 && threadIdx.x >= 16)
    members = 0xffff0000;
  out[threadIdx.x] = __shfl_xor_sync(members, threadIdx.x, 1);
}

/// Prints. 1: an assertion of thread 7 fails; 2: __trap.
KERNEL speak(int bug) {
  if (threadIdx.x % 16 == 0)
    printf("%d.%d %5.2f %s\n", blockIdx.x, threadIdx.x, threadIdx.x * 0.5,
           "word");
  assert(bug != 1 || threadIdx.x != 7);
  if (bug == 2)
    __trap();
}
