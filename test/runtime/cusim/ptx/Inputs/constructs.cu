//===- constructs.cu - What CUDA C++ becomes in PTX -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The texts beside this file come from the following; the folders in .file
// directives are cut.
//   nvcc -arch=sm_80 -lineinfo -ptx constructs.cu -o constructs-nvcc.ptx
//   clang++-22 -x cuda --cuda-gpu-arch=sm_80 --cuda-device-only -S -O2
//       constructs.cu -o constructs-clang.ptx
//
//===----------------------------------------------------------------------===//

#include <cassert>
#include <cstdio>

struct Big {
  int values[20];
  double last;
};

__constant__ float table[4] = {1.0f, -2.5f, 0.0f, 1e30f};
__constant__ Big big = {{1, 2, 3}, 4.5};
__device__ int counter[4] = {7};
__device__ int *pointer = counter + 2;
__device__ const char *names[] = {"one", "two"};
__device__ short rows[2][3] = {{1}, {2, 3}};

using Step = int (*)(int);
__device__ __noinline__ int twice(int x) { return 2 * x + *counter; }
__device__ __noinline__ int half(int x) { return x / 2 - *counter; }
__device__ Step steps[2] = {twice, half};

__device__ __noinline__ Big change(Big value, int at) {
  value.values[at] = at;
  return value;
}

__device__ __noinline__ int fibonacci(int n) {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

extern "C" __global__ void __launch_bounds__(256, 2)
    calls(int *out, const int *in, int n) {
  int thread = threadIdx.x + blockIdx.y * blockDim.z;
  printf("thread %d of %f, %s\n", thread, double(table[thread & 3]),
         names[thread & 1]);
  assert(n > thread);
  out[thread] = steps[in[thread] & 1](thread) + fibonacci(thread & 7);
  Big changed = change(big, thread & 15);
  out[thread + 1] = changed.values[3] + rows[1][thread % 3];
  if (n == 99)
    __trap();
}

extern "C" __global__ void control(int *out, const int *in, int n) {
  extern __shared__ int dynamic[];
  __shared__ Big shared;
  int thread = threadIdx.x;
  shared.values[thread % 20] = in[thread];
  __syncthreads();
  switch (in[thread]) {
  case 0: out[0] = 10; break;
  case 1: out[1] = n; break;
  case 2: out[2] = dynamic[thread]; break;
  case 3: out[3] = *pointer; break;
  case 4: out[4] = shared.values[3]; break;
  case 5: out[5] = 6; break;
  }
  int local[16];
  for (int i = 0; i < 16; ++i)
    local[i] = in[i] * n;
  out[thread] = local[in[thread] & 15];
  out[0] = __syncthreads_count(thread) + __syncthreads_or(thread > n);
}

extern "C" __global__ void lanes(unsigned *out, float *sum, double *wide) {
  unsigned value = out[threadIdx.x];
  atomicAdd(sum, 1.0f);
  out[1] = atomicCAS(out, 1, 2) + atomicExch(out, 3);
  wide[0] = atomicAdd(wide, 2.0);
  out[2] = __shfl_xor_sync(~0u, value, 1) + __ballot_sync(~0u, value > 3);
  out[3] = __popc(value) + __clz(value) + __brev(value) +
           __byte_perm(value, out[4], 0x3210) + __umulhi(value, 3);
  out[4] = __match_any_sync(~0u, value) + __reduce_add_sync(~0u, value);
  volatile unsigned *again = out;
  again[5] = again[6];
  __threadfence();
  sum[1] = __fsqrt_rn(sum[2]) + __expf(sum[3]) / sum[4] +
           __fmaf_rz(sum[1], 2.0f, sum[2]) + float(wide[1]);
  out[7] = __float2uint_rn(sum[5]) + unsigned(wide[2]);
}
