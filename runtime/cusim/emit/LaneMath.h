//===- LaneMath.h - Approximate functions of f32 ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The .approx functions. The manual bounds their error (PTX ISA 9.0,
// "Floating-Point Instructions"); these stay within 2 units in the last place
// of f32, sin and cos within 2^-21 absolute for |x| <= 100 pi. Operands are
// floats; .ftz is the caller's.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_LANEMATH_H
#define RUNTIME_CUSIM_EMIT_LANEMATH_H

#include "runtime/cusim/emit/LaneBuilder.h"

namespace weft::cusim {

/// 2^x.
llvm::Value *emitExp2(LaneBuilder &lanes, llvm::Value *x);
llvm::Value *emitLog2(LaneBuilder &lanes, llvm::Value *x);
llvm::Value *emitSine(LaneBuilder &lanes, llvm::Value *x);
llvm::Value *emitCosine(LaneBuilder &lanes, llvm::Value *x);
llvm::Value *emitTanh(LaneBuilder &lanes, llvm::Value *x);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_LANEMATH_H
