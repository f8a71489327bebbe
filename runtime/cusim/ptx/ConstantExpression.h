//===- ConstantExpression.h - Arithmetic on literals ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_PTX_CONSTANTEXPRESSION_H
#define RUNTIME_CUSIM_PTX_CONSTANTEXPRESSION_H

#include "runtime/cusim/ptx/Lexer.h"

namespace weft::cusim::ptx {

/// The value of a constant expression: 64 bits, signed or unsigned, or the
/// bits of a float or double.
struct Constant {
  enum class Kind : uint8_t { Signed, Unsigned, Float32, Float64 };
  Kind kind = Kind::Signed;
  uint64_t bits = 0;

  bool isInteger() const {
    return kind == Kind::Signed || kind == Kind::Unsigned;
  }
};

/// Reads `-(WARP_SZ * 4) + 0x10U`: C's operators and precedence on integers
/// (PTX ISA, "Constant Expressions"), casts `(.s64)` and `(.u64)`, and
/// floating-point literals with a sign.
StatusOr<Constant> parseConstantExpression(Lexer &lexer);

/// A constant expression that is an integer to add to an address.
StatusOr<uint64_t> parseOffsetConstant(Lexer &lexer);

/// A constant expression that is a count: 0 to `most`.
StatusOr<uint64_t> parseCount(Lexer &lexer, uint64_t most, const char *what);

/// Whether a constant expression may begin here.
bool beginsConstantExpression(const Token &token);

} // namespace weft::cusim::ptx

#endif // RUNTIME_CUSIM_PTX_CONSTANTEXPRESSION_H
