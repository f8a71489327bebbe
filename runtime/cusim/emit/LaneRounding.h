//===- LaneRounding.h - Rounding to any type in any direction ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How results are rounded otherwise than to nearest:
//
// - Conversions round to nearest and then step one unit in the last place where
//   the sign of the error asks for it; the error is exact.
// - add, mul, fma, div and sqrt call a helper that sets the host's rounding
//   mode around LLVM's constrained arithmetic. It is one function for each
//   operation, mode and shape and is never inlined, so that no other arithmetic
//   can move in between; callers may move and merge the calls.
// - Rounding twice (f64 to f16 through f32) is exact when the first rounding is
//   to odd, and the middle format has two bits more than the last.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_LANEROUNDING_H
#define RUNTIME_CUSIM_EMIT_LANEROUNDING_H

#include "runtime/cusim/emit/LaneBuilder.h"
#include "runtime/cusim/ptx/Vocabulary.h"

namespace weft::cusim {

enum class Rounding : uint8_t {
  Nearest, ///< ties to even
  NearestAway,
  Zero,
  Down,
  Up,
  Odd, ///< inexact results get an odd last bit
};

/// Corrects `bits`, the nearest value to an exact one that is `error` larger
/// (any float type; only its sign counts, NaN is none).
llvm::Value *adjustByError(LaneBuilder &lanes, llvm::Value *bits,
                           llvm::Value *error, Rounding rounding);

/// a + b rounded to odd; both float or both double.
llvm::Value *addToOdd(LaneBuilder &lanes, llvm::Value *a, llvm::Value *b);

/// double to float.
llvm::Value *doubleToFloat(LaneBuilder &lanes, llvm::Value *value,
                           Rounding rounding);
/// A 64-bit integer to double.
llvm::Value *integerToDouble(LaneBuilder &lanes, llvm::Value *value,
                             bool isSigned, Rounding rounding);

/// f16 or bf16 bits to float: exact; NaN becomes the canonical one.
llvm::Value *widenHalf(LaneBuilder &lanes, llvm::Value *bits, ptx::Type type);
/// float to the bits of f16, bf16 (16 bits) or tf32 (32 bits).
llvm::Value *narrowFloat(LaneBuilder &lanes, llvm::Value *value, ptx::Type type,
                         Rounding rounding);
/// .satfinite of f16, bf16 or tf32: a float that is too large for them becomes
/// their largest; NaN stays.
llvm::Value *clampToFinite(LaneBuilder &lanes, llvm::Value *value,
                           ptx::Type type);
/// A float or double rounded to an integral value.
llvm::Value *roundToIntegral(LaneBuilder &lanes, llvm::Value *value,
                             Rounding rounding);

enum class FloatOperation : uint8_t { Add, Sub, Mul, Div, Fma, Sqrt };

/// An operation on floats or doubles, rounded once.
llvm::Value *emitRounded(LaneBuilder &lanes, FloatOperation operation,
                         llvm::ArrayRef<llvm::Value *> operands,
                         Rounding rounding);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_LANEROUNDING_H
