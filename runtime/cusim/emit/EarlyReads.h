//===- EarlyReads.h - Sums that are read before they are there --*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The registers that a wgmma.mma_async writes may not be read before a
// wgmma.wait_group has waited for it (PTX ISA 9.0, "wgmma.mma_async"):
//
//   wgmma.mma_async... {%f1, ...}, ...
//   wgmma.commit_group.sync.aligned;
//   st.global.f32 [%rd1], %f1;       // reads %f1 early
//   wgmma.wait_group.sync.aligned 0;
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_EARLYREADS_H
#define RUNTIME_CUSIM_EMIT_EARLYREADS_H

#include "runtime/cusim/emit/ControlFlow.h"

#include <cstdint>
#include <map>

namespace weft::cusim {

/// Instructions that on some path read sums early, by number: the first
/// register of the product's sums. Copies (mov) may be early, as compilers
/// write them; what reads a copy is not.
std::map<uint32_t, uint32_t> findEarlyReads(const ptx::Function &function,
                                            const ControlFlow &flow);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_EARLYREADS_H
