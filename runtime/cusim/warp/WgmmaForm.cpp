//===- WgmmaForm.cpp - Forms of wgmma.mma_async ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/FormBuilder.h"
#include "runtime/cusim/warp/Wgmma.h"

namespace weft::cusim {

using ptx::Instruction;
using ptx::MatrixShape;
using ptx::Modifier;
using ptx::Operand;
using ptx::Type;

namespace {

/// -1 or 1, as a constant.
bool isNegative(FormBuilder &builder) {
  auto scale = static_cast<int64_t>(builder.constant());
  if (scale != 1 && scale != -1)
    builder.fail("a scale of " + std::to_string(scale) +
                 ", which must be 1 or -1");
  return scale == -1;
}

} // namespace

StatusOr<CollectiveForm> wgmmaForm(const Instruction &instruction) {
  if (!instruction.shape || instruction.types.size() != 3)
    return formError(instruction, "needs a shape and the types of d, a and b");
  MatrixShape shape = *instruction.shape;
  WgmmaImmediate how{};
  how.dType = instruction.type(0);
  how.aType = instruction.type(1);
  how.bType = instruction.type(2);
  how.columnTiles = static_cast<uint8_t>(shape.n / 8);
  how.isSaturating = instruction.has(Modifier::Satfinite);
  // Rows of A and columns of B have 32 bytes.
  if (shape.m != 64 || shape.n % 8 || shape.n == 0 || shape.n > 256 ||
      shape.k * ptx::bitsOf(how.aType) != 256)
    return formError(instruction, ".m" + std::to_string(shape.m) + "n" +
                                      std::to_string(shape.n) + "k" +
                                      std::to_string(shape.k) +
                                      " is not supported for ." +
                                      std::string(textOf(how.aType)));
  bool isInteger = how.dType == Type::S32;
  bool is16Bit = how.aType == Type::F16 || how.aType == Type::BF16;
  const Operand &sums = instruction.operands[0];
  if (!sums.elements.empty())
    how.accumulators = sums.elements[0].index & 0xffffff;
  FormBuilder builder(instruction, "cusim_wgmma", cusim_wgmma);
  builder.result(1, shape.n / (how.dType == Type::F16 ? 4 : 2),
                 /*isAlsoRead=*/true);
  how.isInRegisters = instruction.operands.size() > 1 &&
                      instruction.operands[1].kind == Operand::Kind::Vector;
  if (how.isInRegisters)
    builder.operand(1, 4);
  else
    builder.operand(2);
  builder.operand(2);
  builder.operand(1);
  if (!isInteger) {
    bool aIsNegative = isNegative(builder);
    how.negates = aIsNegative != isNegative(builder);
  }
  if (is16Bit) {
    how.aTransposed = !how.isInRegisters && builder.constant();
    how.bTransposed = builder.constant();
  }
  builder.setImmediate(how.pack());
  return builder.finish();
}

} // namespace weft::cusim
