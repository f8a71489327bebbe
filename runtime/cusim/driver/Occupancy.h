//===- Occupancy.h - How many blocks fit at once ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_OCCUPANCY_H
#define RUNTIME_CUSIM_DRIVER_OCCUPANCY_H

#include "runtime/cusim/driver/Driver.h"

namespace weft::cusim {

/// What `.maxnreg` allows; else an assumption, 32: PTX does not say what ptxas
/// would use.
int registersPerThread(const CompiledKernel &kernel);
/// Of `.maxntid` and `.reqntid`; 1024 without one.
int maxThreadsPerBlock(const CompiledKernel &kernel);

/// Blocks of `threads` threads that a multiprocessor holds at once, as the
/// CUDA occupancy calculator counts them: by threads, blocks, shared memory
/// (1 KiB a block is the system's) and registers. 0: it cannot run.
int activeBlocks(const Architecture &architecture, const CompiledKernel &kernel,
                 int threads, size_t dynamicSharedBytes);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_DRIVER_OCCUPANCY_H
