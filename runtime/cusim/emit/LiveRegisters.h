//===- LiveRegisters.h - What blocks read of the registers ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_LIVEREGISTERS_H
#define RUNTIME_CUSIM_EMIT_LIVEREGISTERS_H

#include "runtime/cusim/emit/ControlFlow.h"

#include "llvm/ADT/BitVector.h"

#include <vector>

namespace weft::cusim {

/// Sets of registers, by number in Function::registers; by block.
struct LiveRegisters {
  static LiveRegisters of(const ptx::Function &function,
                          const ControlFlow &flow);

  /// What a lane at the begin of a block may yet read before it writes it; one
  /// more for the end, where it is nothing.
  std::vector<llvm::BitVector> atBegin;
  std::vector<llvm::BitVector> atEnd;
  /// What its instructions read or write.
  std::vector<llvm::BitVector> used;
  std::vector<llvm::BitVector> written;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_LIVEREGISTERS_H
