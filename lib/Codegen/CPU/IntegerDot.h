//===- IntegerDot.h - Dot products of bytes ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one place that knows which instructions multiply bytes.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_INTEGERDOT_H
#define LIB_CODEGEN_CPU_INTEGERDOT_H

#include "lib/Codegen/CPU/CPUCodeBuilder.h"

namespace weft {

/// start[r] + the sum over j and c < 4 of byte c of lane r of words[j], which
/// is in [0, greatest], times the signed byte at activations + 4 * j + c, which
/// is not -128. Vectors of 16 i32.
mlir::Value emitIntegerDot(CPUCodeBuilder &code,
                           llvm::ArrayRef<mlir::Value> words, int64_t greatest,
                           mlir::Value activations, mlir::Value start);

/// Every byte, which is below 16, becomes table[byte].
mlir::Value emitByteLookUp(CPUCodeBuilder &code, mlir::Value words,
                           llvm::ArrayRef<uint8_t> table);

/// Calls an LLVM intrinsic.
mlir::Value callIntrinsic(CPUCodeBuilder &code, llvm::StringRef name,
                          mlir::Type result, mlir::ValueRange arguments);

} // namespace weft

#endif // LIB_CODEGEN_CPU_INTEGERDOT_H
