//===- Flow.cu - Kernels whose lanes part and meet in every shape ---------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Flow.ptx: nvcc -arch=sm_80 -ptx Flow.cu (CUDA 13.0). FlowTest.cpp runs the
// same text on the host. Each kernel writes out[thread].
//
//===----------------------------------------------------------------------===//

#ifndef FLOW_ON_HOST
#define KERNEL extern "C" __global__ void
#endif
__device__ __forceinline__ int id() {
  return blockIdx.x * blockDim.x + threadIdx.x;
}

KERNEL ifelse(int *out, const int *in, int n) {
  int i = id();
  if (i >= n)
    return;
  int x = in[i];
  if (x & 1) {
    if (x & 2)
      x = x * 7 + in[(i + 1) % n];
    else {
      x -= 5;
      out[n + i] = x;
    }
  } else {
    x = x / 3;
    for (int k = 0; k < (x & 7); k++)
      x += in[(x + k) % n];
  }
  out[i] = x;
}
KERNEL collatz(int *out, const int *in, int n) {
  int i = id();
  if (i >= n)
    return;
  unsigned x = in[i] + 1;
  int steps = 0;
  while (x != 1) {
    x = x & 1 ? 3 * x + 1 : x / 2;
    steps++;
  }
  out[i] = steps;
}
KERNEL nested(int *out, const int *in, int n) {
  int i = id();
  int x = i < n ? in[i] : 0;
  int s = 0;
  for (int a = 0; a < (x & 7); a++) {
    for (int b = 0; b < (x >> 3 & 7); b++) {
      if ((a * b + x) % 11 == 3)
        break;
      if ((a + b) % 5 == 2)
        continue;
      s += a * 10 + b;
      if (s > 300)
        goto out_;
    }
    s ^= a;
  }
out_:
  if (i < n)
    out[i] = s;
}
KERNEL switches(int *out, const int *in, int n) {
  int i = id();
  if (i >= n)
    return;
  int x = in[i], s = 0;
  for (int k = 0; k < 6; k++) {
    switch ((x >> k) & 7) {
    case 0:
      s += 3;
      break;
    case 1:
      s *= 5;
    case 2:
      s -= x;
      break;
    case 3:
      s ^= 0x55;
      continue;
    case 4:
      s += in[(s & 0xff) % n];
      break;
    case 5:
      if (s > 100) {
        out[i] = s;
        return;
      }
      s += 40;
      break;
    case 6:
      s = -s;
      break;
    default:
      s = s << 1 | 1;
    }
    s += k;
  }
  out[i] = s;
}
struct Vec {
  float x, y, z;
  int tag;
  double w;
};
__device__ __noinline__ Vec combine(Vec a, float s, char c) {
  Vec r;
  r.x = a.x * s;
  r.y = a.y + s;
  r.z = a.z - c;
  r.tag = a.tag ^ c;
  r.w = a.w * 2;
  return r;
}
__device__ __noinline__ int depth(int x) {
  if (x <= 0)
    return 1;
  int buf[4];
  buf[x & 3] = x;
  return buf[x & 3] + depth(x - 3) * 2;
}
KERNEL calls(int *out, const int *in, int n, Vec v) {
  int i = id();
  if (i >= n)
    return;
  Vec a = v;
  a.tag = in[i];
  a.w = i;
  if (in[i] & 1)
    a = combine(a, in[i] % 13, (char)i);
  out[i] = (int)(a.x + a.y * 2 + a.z * 4) + a.tag + (int)a.w + depth(in[i] % 9);
}
typedef int (*Op)(int, int);
__device__ __noinline__ int opadd(int a, int b) { return a + b; }
__device__ __noinline__ int opmul(int a, int b) { return a * b; }
__device__ __noinline__ int opsub(int a, int b) { return a - b; }
__device__ Op table[3] = {opadd, opmul, opsub};
KERNEL indirect(int *out, const int *in, int n) {
  int i = id();
  if (i >= n)
    return;
  out[i] = table[in[i] % 3](in[i], i);
}
KERNEL locals(int *out, const int *in, int n) {
  int i = id();
  if (i >= n)
    return;
  int a[16];
  unsigned char b[32];
  short c[8];
  for (int k = 0; k < 16; k++)
    a[k] = in[(i + k) % n];
  for (int k = 0; k < 32; k++)
    b[k] = a[k & 15] >> (k & 3);
  for (int k = 0; k < 8; k++)
    c[k] = b[(a[k] & 31)] - 100;
  int s = 0;
  for (int k = 0; k < 16; k++)
    s = s * 3 + a[(a[k] + k) & 15] + b[(s + k) & 31] + c[(s ^ k) & 7];
  out[i] = s;
}
#ifndef FLOW_ON_HOST
KERNEL vectors(int4 *out, const int4 *in, const short2 *h, const uchar4 *b,
               int n) {
  __shared__ float4 tile[64];
  __shared__ double2 wide[64];
  int i = id();
  int t = threadIdx.x;
  int4 x = in[i < n ? i : 0];
  short2 s = h[i < n ? n - 1 - i : 0];
  uchar4 u = b[i < n ? (i * 7) % n : 0];
  tile[t & 63] = make_float4(x.x, s.x, u.z, t);
  wide[63 - (t & 63)] = make_double2(x.y, s.y);
  __syncthreads();
  float4 f = tile[(t * 5) & 63];
  double2 d = wide[(t + 3) & 63];
  if (i < n)
    out[i] = make_int4(f.x + d.x, f.y - d.y + s.y, f.z + u.x + u.y, f.w + u.w);
}
__constant__ int factors[8] = {3, 1, 4, 1, 5, 9, 2, 6};
__device__ int offsets[4] = {100, 200, 300, 400};
KERNEL spaces(int *out, const int *in, int n) {
  extern __shared__ int dyn[];
  __shared__ int fixed[32];
  int t = threadIdx.x, i = id();
  dyn[t] = in[i % n] * factors[t & 7];
  if (t < 32)
    fixed[t] = offsets[t & 3];
  __syncthreads();
  int *p = (in[i % n] & 1) ? &dyn[(t * 3) % blockDim.x] : &fixed[t & 31];
  int loc[4] = {1, 2, 3, t};
  int *q = (in[i % n] & 2) ? p : &loc[t & 3];
  if (i < n)
    out[i] = *q + factors[(in[i] >> 2) & 7];
}
KERNEL spin(int *out, int *lock, int n) {
  int i = id();
  if (i >= n)
    return;
  bool done = false;
  while (!done) {
    if (atomicCAS(lock, 0, 1) == 0) {
      lock[1] = lock[1] * 3 + 1;
      __threadfence();
      atomicExch(lock, 0);
      done = true;
    }
  }
  out[i] = 1;
}
KERNEL spinout(int *out, int *lock, int n) {
  int i = id();
  while (atomicCAS(lock, 0, 1) != 0)
    ;
  lock[1] = lock[1] + 1;
  __threadfence();
  atomicExch(lock, 0);
  __syncthreads();
  if (i < n)
    out[i] = lock[1];
}
#endif
