//===- MatrixUnit.cpp - Products of tiles of bf16 -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/MatrixUnit.h"
#include "lib/Codegen/CPU/IntegerDot.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace weft {

void MatrixUnit::call(StringRef name, ArrayRef<int64_t> tiles,
                      ValueRange operands) {
  SmallVector<Value> arguments;
  for (int64_t tile : tiles)
    arguments.push_back(code.integer(code.builder.getI8Type(), tile));
  llvm::append_range(arguments, operands);
  code.make<LLVM::CallIntrinsicOp>(code.builder.getStringAttr(name), arguments);
}

/// Intel SDM volume 1, 18.2: palette 1, then the width and height of each tile.
void MatrixUnit::configure(Value words) {
  constexpr int64_t eightRows = 0x1010101010101010,
                    fourWidths = 0x0040004000400040;
  int64_t values[8] = {1, 0, fourWidths, fourWidths, 0, 0, eightRows, 0};
  for (auto [i, value] : llvm::enumerate(values))
    code.store(code.constant(value), code.address(words, code.i64(), i));
  call("llvm.x86.ldtilecfg", {}, words);
}

Value MatrixUnit::round(Value numbers) {
  Type narrow = CPUCodeBuilder::vectorOf(code.builder.getBF16Type());
  Value rounded = callIntrinsic(code, "llvm.x86.avx512bf16.cvtneps2bf16.512",
                                narrow, numbers);
  return code.bitcast(rounded, code.builder.getI16Type());
}

Value MatrixUnit::narrow(Value first, Value second) {
  Type narrow = CPUCodeBuilder::vectorOf(code.builder.getBF16Type(),
                                         2 * CPUCodeBuilder::lanes);
  // The second operand becomes the lower half.
  return callIntrinsic(code, "llvm.x86.avx512bf16.cvtne2ps2bf16.512", narrow,
                       {second, first});
}

std::pair<Value, Value> MatrixUnit::split(Value numbers) {
  Value bits = code.bitcast(numbers, code.i32());
  Value high =
      code.bitcast(code.make<arith::AndIOp>(
                       bits, code.integer(bits.getType(), int32_t(0xFFFF0000))),
                   code.f32());
  return {high, code.make<arith::SubFOp>(numbers, high)};
}

Value MatrixUnit::toPairs(Value even, Value odd) {
  constexpr int64_t lanes = CPUCodeBuilder::lanes;
  SmallVector<int64_t> order;
  for (int64_t i = 0; i < lanes; ++i)
    llvm::append_values(order, i, lanes + i);
  Value bits = code.bitcast(narrow(even, odd), code.builder.getI16Type());
  return code.make<vector::ShuffleOp>(bits, bits, order);
}

} // namespace weft
