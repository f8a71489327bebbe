//===- atomics.cu - Atomic operations of every kind ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include <cuda_runtime.h>

struct Totals {
  int sum, least, most, andBits, orBits, xorBits;
  unsigned wrapped, counted;
  unsigned long long wide, wideMost;
  float floating;
  double precise;
};

extern "C" __global__ void total(const int *data, int count, Totals *totals) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count)
    return;
  int value = data[i];
  atomicAdd(&totals->sum, value);
  atomicMin(&totals->least, value);
  atomicMax(&totals->most, value);
  atomicAnd(&totals->andBits, value);
  atomicOr(&totals->orBits, value);
  atomicXor(&totals->xorBits, value);
  atomicInc(&totals->wrapped, 9);
  atomicDec(&totals->counted, 100);
  atomicAdd(&totals->wide, (unsigned long long)value * value);
  atomicMax(&totals->wideMost, (unsigned long long)value * value);
  atomicAdd(&totals->floating, 0.5f);
  atomicAdd(&totals->precise, 0.25 * value);
}

// A product by compare and swap, which no instruction has.
extern "C" __global__ void multiplyAll(const float *data, int count,
                                       float *result) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count)
    return;
  unsigned *bits = (unsigned *)result;
  unsigned seen = *bits, expected;
  do {
    expected = seen;
    seen = atomicCAS(bits, expected,
                     __float_as_uint(__uint_as_float(expected) * data[i]));
  } while (seen != expected);
}

// Each thread of a warp takes the lock in turn: lanes wait for each other.
extern "C" __global__ void takeTurns(int *lock, int *counter, int turns) {
  for (int i = 0; i < turns; ++i) {
    bool isDone = false;
    while (!isDone)
      if (atomicCAS(lock, 0, 1) == 0) {
        *(volatile int *)counter = *(volatile int *)counter + 1;
        __threadfence();
        atomicExch(lock, 0);
        isDone = true;
      }
  }
}

// Places in a list, one atomic a warp.
extern "C" __global__ void keepPositive(const int *data, int count, int *kept,
                                        int *number) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count && data[i] > 0) {
    unsigned active = __activemask();
    int lane = threadIdx.x % 32, leader = __ffs(active) - 1, first = 0;
    if (lane == leader)
      first = atomicAdd(number, __popc(active));
    first = __shfl_sync(active, first, leader);
    kept[first + __popc(active & ((1u << lane) - 1))] = data[i];
  }
}
