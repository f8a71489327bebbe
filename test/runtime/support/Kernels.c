/*===- Kernels.c - Kernels of the artifacts that tests build ------*- C -*-===*\
|* Part of Weft, under the Apache License v2.0 with LLVM Exceptions.          *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
\*===----------------------------------------------------------------------===*/

#include "weft/kernel_abi.h"

#define EXPORT __attribute__((visibility("default")))

/* Written by the build from KernelTable.cpp. */
#include "KernelTable.inc"

/* result[i] = a[i] + b[i], s0 elements; an item is an element. */
EXPORT void add(const WeftArgs *args, uint64_t begin, uint64_t end,
                void *scratch) {
  const float *a = args->buffers[0], *b = args->buffers[1];
  float *result = args->buffers[2];
  for (uint64_t i = begin; i != end; ++i)
    result[i] = a[i] + b[i];
}

/* result[s0, s1] = x[s0, s2] weight[s1, s2]^T; an item is a row. */
EXPORT void linear(const WeftArgs *args, uint64_t begin, uint64_t end,
                   void *scratch) {
  const float *x = args->buffers[0], *weight = args->buffers[1];
  float *result = args->buffers[2];
  uint64_t columns = args->sizes[1], depth = args->sizes[2];
  for (uint64_t m = begin; m != end; ++m)
    for (uint64_t n = 0; n != columns; ++n) {
      float sum = 0;
      for (uint64_t k = 0; k != depth; ++k)
        sum += x[m * depth + k] * weight[n * depth + k];
      result[m * columns + n] = sum;
    }
}

/* result[s0, s1] = table[ids[s0], s1], table of s2 rows; an item is a row. */
EXPORT void gather(const WeftArgs *args, uint64_t begin, uint64_t end,
                   void *scratch) {
  const int64_t *ids = args->buffers[0];
  const float *table = args->buffers[1];
  float *result = args->buffers[2], *row = scratch;
  uint64_t width = args->sizes[1];
  for (uint64_t i = begin; i != end; ++i) {
    int64_t id = ids[i];
    if (id < 0 || id >= args->sizes[2]) {
      __atomic_fetch_or(args->error, WEFT_ERROR_INDEX_OUT_OF_RANGE,
                        __ATOMIC_RELAXED);
      id = 0;
    }
    for (uint64_t k = 0; k != width; ++k)
      row[k] = table[id * width + k];
    for (uint64_t k = 0; k != width; ++k)
      result[i * width + k] = row[k];
  }
}

/* What control = {rank, site, kind, release} says when s0 is the rank and s1 the
   site: 1 raises an error, 2 stays until somebody sets release, 3 ends the
   thread. */
EXPORT void fault(const WeftArgs *args, uint64_t begin, uint64_t end,
                  void *scratch) {
  const int64_t *control = args->buffers[0];
  if (control[0] != args->sizes[0] || control[1] != args->sizes[1])
    return;
  if (control[2] == 1)
    __atomic_fetch_or(args->error, 64u, __ATOMIC_RELAXED);
  if (control[2] == 2)
    while (__atomic_load_n(&control[3], __ATOMIC_ACQUIRE) == 0)
      ;
#if defined(__x86_64__)
  if (control[2] == 3)
    __asm__ volatile("syscall" : : "a"(60), "D"(0) : "rcx", "r11", "memory");
#endif
}

/* counter[0] -= 1, result[0] += s0. */
EXPORT void count(const WeftArgs *args, uint64_t begin, uint64_t end,
                  void *scratch) {
  *(int64_t *)args->buffers[0] -= 1;
  *(int64_t *)args->buffers[1] += args->sizes[0];
}
