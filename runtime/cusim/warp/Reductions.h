//===- Reductions.h - Which reduction an instruction names ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_REDUCTIONS_H
#define RUNTIME_CUSIM_WARP_REDUCTIONS_H

#include "runtime/cusim/machine/Hooks.h"

namespace weft::cusim {

/// Of .add, .min, .max, .and, .or, .xor, .inc, .dec.
AtomicOperation reductionOf(const ptx::Instruction &instruction);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_REDUCTIONS_H
