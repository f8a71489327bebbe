/*===- kernel_abi.h - What a CPU kernel sees ----------------------*- C -*-===*\
|* Part of Weft, under the Apache License v2.0 with LLVM Exceptions.          *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
\*===----------------------------------------------------------------------===*/

#ifndef WEFT_KERNEL_ABI_H
#define WEFT_KERNEL_ABI_H

#include <stdint.h>

/* Raised when the meaning of anything below changes. */
#define WEFT_KERNEL_ABI_VERSION 2

/* Bits that a kernel sets in WeftArgs::error. */
#define WEFT_ERROR_INDEX_OUT_OF_RANGE 1u
/* Only code that computes weights: rounding made an infinity of a number. */
#define WEFT_ERROR_OVERFLOW 2u

#ifdef __cplusplus
extern "C" {
#endif

/* The arguments of one launch, the same for each of its workers. */
typedef struct WeftArgs {
  /* Buffers in the order of the kernel's list in the manifest, each aligned to
     64 bytes and at least as large as its `least_bytes`. */
  void *const *buffers;
  /* Values of the kernel's size parameters s0, s1, ... */
  const int64_t *sizes;
  /* The device's error flag, which a kernel only sets bits of, by an atomic or;
     from WEFT_ARRIVALS_AT on counters of the launch (see below). */
  uint32_t *error;
} WeftArgs;

/* Computes the work items [begin, end). Items are independent of each other.
   `scratch` belongs to the worker: `scratch_bytes` of the manifest, aligned to
   64 bytes, contents undefined. */
typedef void (*WeftKernel)(const WeftArgs *args, uint64_t begin, uint64_t end,
                           void *scratch);

/* A stage's shared object imports nothing and exports its kernels by name, and
     const uint8_t weft_kernel_table[]; const uint64_t weft_kernel_table_bytes;
   a serialized weft.artifact.KernelTable (artifact.proto). The loader compares
   it with the manifest, so that no forged manifest can understate what a kernel
   touches. */

#ifdef __cplusplus
}
#endif

/* A kernel clamps an index that the data put out of range, and sets a bit of
   the error flag. WEFT_ARRIVALS counters follow the flag, at error +
   WEFT_ARRIVALS_AT, on cache lines of their own. All workers of a launch share
   them: the items that make the same rows count themselves by atomic additions,
   and the last one does what needs all of a row. The counters are 0 when a
   launch begins, and a kernel leaves zeros. */
#define WEFT_ARRIVALS_AT 16
#define WEFT_ARRIVALS 64

#endif /* WEFT_KERNEL_ABI_H */
