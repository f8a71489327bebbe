//===- CanonicalNaNs.h - Canonical NaNs only where they show ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every f32 result is emitted with its NaN made canonical: a comparison and a
// selection. Where only arithmetic reads it, any NaN does as well:
//
//   loop:                                    loop:
//     sum = phi [0, entry], [next, loop]       raw = phi [0, entry], [f, loop]
//     f = fma a, b, sum                  ->    f = fma a, b, raw
//     next = select (isnan f), NaN, f        exit:
//   exit:                                      store (select (isnan raw), ...)
//     store sum
//
// Arithmetic passes NaNs on and makes its own result canonical. Values that
// were not computed (loads, moves) keep their bits: a phi or selection takes
// part only if all that reaches it is canonical.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_CANONICALNANS_H
#define RUNTIME_CUSIM_EMIT_CANONICALNANS_H

#include <cstdint>

namespace llvm {
class Function;
class LLVMContext;
class MDNode;
} // namespace llvm

namespace weft::cusim {

/// Metadata of the loads and stores of a register's place in memory: all that
/// is ever stored there carries the same one. Such loads are canonical where
/// all those stores are.
constexpr const char *SlotMarkerName = "cusim.slot";
llvm::MDNode *slotMarker(llvm::LLVMContext &context, uint64_t number);

/// Moves what LaneBuilder::canonicalNaN emitted to the uses that see bits.
/// Registers must be values already; what is left over is dead.
void deferCanonicalNaNs(llvm::Function &function);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_CANONICALNANS_H
