//===- RoundToBytes.h - Numbers as steps of a scale -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How activations and caches are rounded: of 32 numbers each becomes
// `scale * round(x / scale)`, where scale is the greatest magnitude over 127
// and halves are rounded to even.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_ROUNDTOBYTES_H
#define LIB_CODEGEN_CPU_ROUNDTOBYTES_H

#include "lib/Codegen/CPU/CPUCodeBuilder.h"

namespace weft {

struct RoundedNumbers {
  mlir::Value scale;    ///< f32; 0 where all numbers are.
  mlir::Value steps[2]; ///< 16 of i32 in [-127, 127] each.
};

/// Of 16 f32 and 16 more.
RoundedNumbers roundToBytes(CPUCodeBuilder &code, mlir::Value first,
                            mlir::Value second);

} // namespace weft

#endif // LIB_CODEGEN_CPU_ROUNDTOBYTES_H
