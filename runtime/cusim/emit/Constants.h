//===- Constants.h - Registers that hold one literal ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_CONSTANTS_H
#define RUNTIME_CUSIM_EMIT_CONSTANTS_H

#include "runtime/cusim/ptx/Module.h"

#include <vector>

namespace weft::cusim {

/// By register: the literal that the only instruction that writes it moves
/// there; else null. nvcc loads every literal of shfl and the like so.
std::vector<const ptx::Operand *> findConstants(const ptx::Function &function);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_CONSTANTS_H
