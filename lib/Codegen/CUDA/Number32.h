//===- Number32.h - Arithmetic on i32 ---------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inside a tile, numbers are i32; only the tile's base needs 64 bits.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_NUMBER32_H
#define LIB_CODEGEN_CUDA_NUMBER32_H

#include "lib/Codegen/Common/CodeBuilder.h"

namespace weft::cuda {

/// An i32 with C's operators; divisions are of nonnegative numbers.
class Number32 {
public:
  Number32(CodeBuilder &code, mlir::Value value) : code(&code), value(value) {}
  Number32(CodeBuilder &code, int64_t number)
      : Number32(code, code.integer(code.i32(), number)) {}
  operator mlir::Value() const { return value; }

  Number32 operator+(Number32 other) const {
    return make<mlir::arith::AddIOp>(other);
  }
  Number32 operator-(Number32 other) const {
    return make<mlir::arith::SubIOp>(other);
  }
  Number32 operator^(Number32 other) const {
    return make<mlir::arith::XOrIOp>(other);
  }
  Number32 operator+(int64_t number) const { return *this + of(number); }
  Number32 operator-(int64_t number) const { return *this - of(number); }
  Number32 operator^(int64_t number) const { return *this ^ of(number); }
  Number32 operator*(int64_t number) const {
    return make<mlir::arith::MulIOp>(of(number));
  }
  Number32 operator/(int64_t number) const {
    return make<mlir::arith::DivUIOp>(of(number));
  }
  Number32 operator%(int64_t number) const {
    return make<mlir::arith::RemUIOp>(of(number));
  }
  Number32 operator&(int64_t number) const {
    return make<mlir::arith::AndIOp>(of(number));
  }
  Number32 operator|(int64_t number) const {
    return make<mlir::arith::OrIOp>(of(number));
  }
  Number32 operator>>(int64_t number) const {
    return make<mlir::arith::ShRUIOp>(of(number));
  }
  Number32 operator>>(Number32 other) const {
    return make<mlir::arith::ShRUIOp>(other);
  }
  Number32 operator<<(int64_t number) const {
    return make<mlir::arith::ShLIOp>(of(number));
  }

private:
  Number32 of(int64_t number) const { return {*code, number}; }
  template <typename Op> Number32 make(Number32 other) const {
    return {*code, code->make<Op>(value, other.value).getResult()};
  }
  CodeBuilder *code;
  mlir::Value value;
};

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_NUMBER32_H
