//===- MatrixUnit.h - Products of tiles of bf16 -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// AMX has eight tiles of 16 rows of 64 bytes. `multiply` adds the product of
// 16 x 32 and 32 x 16 bf16 to 16 x 16 sums of f32. The left factor lies row by
// row; the right one in pairs of depth: its row i holds the elements 2i and
// 2i + 1 of each of 16 columns.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_MATRIXUNIT_H
#define LIB_CODEGEN_CPU_MATRIXUNIT_H

#include "lib/Codegen/CPU/CPUCodeBuilder.h"

namespace weft {

class MatrixUnit {
public:
  using Value = mlir::Value;
  static constexpr int64_t tileBytes = 1024, tileRows = 16, tileDepth = 32;

  explicit MatrixUnit(CPUCodeBuilder &code) : code(code) {}

  /// Gives all tiles their full size; `words` is scratch of 64 bytes.
  void configure(Value words);
  void release() { call("llvm.x86.tilerelease", {}); }

  void zero(int64_t tile) { call("llvm.x86.tilezero", {tile}); }
  /// Rows of 64 bytes lie `stride` bytes apart.
  void load(int64_t tile, Value address, int64_t stride = 64) {
    call("llvm.x86.tileloadd64", {tile}, {address, code.constant(stride)});
  }
  void store(int64_t tile, Value address, int64_t stride) {
    call("llvm.x86.tilestored64", {tile}, {address, code.constant(stride)});
  }
  void multiply(int64_t sums, int64_t rows, int64_t columns) {
    call("llvm.x86.tdpbf16ps", {sums, rows, columns});
  }

  /// Rounds f32 to the nearest bf16, as bits.
  Value round(Value numbers);
  /// The same for two vectors, one behind the other in one of bf16.
  Value narrow(Value first, Value second);
  /// Numbers as two parts that are bf16 nearly or exactly: the 16 highest bits,
  /// and what is left. Of f16, the parts are the number.
  std::pair<Value, Value> split(Value numbers);
  /// The same as narrow, and their lanes become pairs: words with the first in
  /// the low half.
  Value toPairs(Value even, Value odd);

private:
  void call(llvm::StringRef name, llvm::ArrayRef<int64_t> tiles,
            mlir::ValueRange operands = {});

  CPUCodeBuilder &code;
};

} // namespace weft

#endif // LIB_CODEGEN_CPU_MATRIXUNIT_H
