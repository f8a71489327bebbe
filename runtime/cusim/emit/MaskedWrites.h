//===- MaskedWrites.h - Registers that need no mask -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_MASKEDWRITES_H
#define RUNTIME_CUSIM_EMIT_MASKEDWRITES_H

#include "runtime/cusim/emit/ControlFlow.h"

#include <vector>

namespace weft::cusim {

/// By register: whether a write by some lanes of a warp must keep what the
/// others have. It need not when the only instruction that writes the register
/// comes before all that read it in the same turn of the same loops: then each
/// lane that reads it took part in the last write.
std::vector<bool> findMaskedRegisters(const ptx::Function &function,
                                      const ControlFlow &flow);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_MASKEDWRITES_H
