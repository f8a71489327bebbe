//===- Scalars.h - What ops do to one element -------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_SCALARS_H
#define DIALECTS_LLM_IR_SCALARS_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>

namespace weft {

/// True for integers whose values are never negative: unsigned ones and i1.
bool isUnsignedElement(mlir::Type type);

/// The value of the low bits of `value` as an integer of this type.
int64_t wrapInteger(int64_t value, mlir::Type type);

/// lhs < rhs for integers of this type.
bool integerLess(int64_t lhs, int64_t rhs, mlir::Type type);

/// Meaning of the unary and binary ops, by mnemonic. Integer functions get
/// values of the element type; their result is wrapped by the caller. They are
/// null where the op takes no such elements.
struct UnaryScalar {
  double (*onFloat)(double);
  int64_t (*onInteger)(int64_t, mlir::Type);
};
struct BinaryScalar {
  double (*onFloat)(double, double);
  /// Nothing for a division by zero.
  std::optional<int64_t> (*onInteger)(int64_t, int64_t, mlir::Type);
};
const UnaryScalar &unaryScalar(llvm::StringRef mnemonic);
const BinaryScalar &binaryScalar(llvm::StringRef mnemonic);

/// The lesser and the greater number; NaN if either is, and -0 < 0.
double minimum(double lhs, double rhs);
double maximum(double lhs, double rhs);

/// Towards zero; out of range saturates; NaN gives 0.
int64_t toInteger(double value, mlir::Type type);
/// The number that an integer of this type stands for.
double toFloat(int64_t value, mlir::Type type);

} // namespace weft

#endif // DIALECTS_LLM_IR_SCALARS_H
