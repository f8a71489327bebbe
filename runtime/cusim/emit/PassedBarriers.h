//===- PassedBarriers.h - Barriers that a thread went past ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_PASSEDBARRIERS_H
#define RUNTIME_CUSIM_EMIT_PASSEDBARRIERS_H

#include "runtime/cusim/emit/ControlFlow.h"

#include <cstdint>
#include <map>

namespace weft::cusim {

/// By number of a block: the aligned barriers (by number of the instruction)
/// that a thread which enters the block may have gone around, and will not come
/// to any more. If another thread of its warp is at such a barrier then, or
/// comes later, not all lanes reach it:
///
///   @%p1 bra SKIP;
///   bar.sync 0;
///   SKIP: st.global.u32 [%rd1], %r1;  // <- bar.sync, passed
///
/// Threads that only return in place of it are no error, as on hardware, and
/// barriers that all others must reach are left out.
std::multimap<uint32_t, uint32_t>
findPassedBarriers(const ptx::Function &function, const ControlFlow &flow);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_PASSEDBARRIERS_H
