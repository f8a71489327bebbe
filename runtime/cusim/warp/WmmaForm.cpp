//===- WmmaForm.cpp - Forms of wmma ---------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/FormBuilder.h"
#include "runtime/cusim/warp/Mma.h"
#include "runtime/cusim/warp/Wmma.h"
#include "runtime/cusim/warp/WmmaShapes.h"

#include <algorithm>

namespace weft::cusim {

using ptx::Instruction;
using ptx::MatrixShape;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {

constexpr MatrixShape Squares[] = {{16, 16, 16}, {32, 8, 16}, {8, 32, 16}};

/// Whether fragments A and B of the type exist in the shape.
bool isShapeOf(Type type, const MatrixShape &shape) {
  switch (type) {
  case Type::F16:
  case Type::BF16:
  case Type::S8:
  case Type::U8:
    return std::find(std::begin(Squares), std::end(Squares), shape) !=
           std::end(Squares);
  case Type::TF32:
    return shape == MatrixShape{16, 16, 8};
  case Type::S4:
  case Type::U4:
    return shape == MatrixShape{8, 8, 32};
  case Type::B1:
    return shape == MatrixShape{8, 8, 128};
  case Type::F64:
    return shape == MatrixShape{8, 8, 4};
  default:
    return false;
  }
}

/// Whether accumulators of the type exist in the shape.
bool isAccumulatorOf(Type type, const MatrixShape &shape) {
  switch (type) {
  case Type::F16:
    return isShapeOf(Type::F16, shape);
  case Type::F32:
    return isShapeOf(Type::F16, shape) || isShapeOf(Type::TF32, shape);
  case Type::S32:
    return isShapeOf(Type::S8, shape) || isShapeOf(Type::S4, shape) ||
           isShapeOf(Type::B1, shape);
  case Type::F64:
    return isShapeOf(Type::F64, shape);
  default:
    return false;
  }
}

std::string describe(Type type, const MatrixShape &shape) {
  return "." + std::string(textOf(type)) + " in .m" + std::to_string(shape.m) +
         "n" + std::to_string(shape.n) + "k" + std::to_string(shape.k);
}

StatusOr<CollectiveForm> transferForm(const Instruction &instruction) {
  const MatrixShape &shape = *instruction.shape;
  bool isLoad = instruction.opcode == Opcode::WmmaLoad;
  bool isA = instruction.has(Modifier::A), isB = instruction.has(Modifier::B);
  bool isC = instruction.has(isLoad ? Modifier::C : Modifier::D);
  if (isA + isB + isC != 1 || (!isLoad && !isC))
    return formError(instruction, isLoad ? "needs .a, .b or .c" : "needs .d");
  Type type = instruction.type();
  if (isC ? !isAccumulatorOf(type, shape) : !isShapeOf(type, shape))
    return formError(instruction,
                     "has no fragment of " + describe(type, shape));
  bool isColumns = instruction.has(Modifier::Col);
  if (isColumns == instruction.has(Modifier::Row))
    return formError(instruction, "needs .row or .col");
  TransferImmediate how{};
  how.elementBits = static_cast<uint8_t>(ptx::bitsOf(type));
  how.lines = static_cast<uint8_t>(isB ? shape.n : shape.m);
  how.lineElements = static_cast<uint8_t>(isC ? shape.n : shape.k);
  // Registers have B by columns, the others by rows.
  how.isTransposed = isB ? !isColumns : isColumns;
  if (how.isTransposed && how.elementBits < 8)
    return formError(instruction,
                     "takes elements below a byte with .a.row and .b.col only");
  how.matrixWords =
      static_cast<uint8_t>(wmmaMatrixWords(type, how.lines, how.lineElements));
  how.fragmentWords = static_cast<uint8_t>(
      isC ? how.matrixWords
          : wmmaFragmentWords(type, how.lines, how.lineElements));
  unsigned words = type == Type::F64 ? 2 : 1;
  FormBuilder builder(instruction,
                      isLoad ? "cusim_wmma_load" : "cusim_wmma_store",
                      isLoad ? cusim_wmma_load : cusim_wmma_store);
  if (isLoad)
    builder.result(words, how.fragmentWords / words);
  builder.address(instruction.space());
  if (!isLoad)
    builder.operand(words, how.fragmentWords / words);
  how.isDense = !builder.hasMore();
  if (builder.hasMore())
    builder.operand(1);
  builder.setImmediate(how.pack());
  return builder.finish();
}

StatusOr<CollectiveForm> multiplyForm(const Instruction &instruction) {
  const MatrixShape &shape = *instruction.shape;
  size_t count = instruction.types.size();
  // .f32.f32 (d and c) leaves out that a and b are f16.
  if (count != 2 && count != 4)
    return formError(instruction, "needs the types of d, a, b and c");
  Type dType = instruction.type(0), cType = instruction.types.back();
  Type aType = count == 4 ? instruction.type(1) : Type::F16;
  Type bType = count == 4 ? instruction.type(2) : Type::F16;
  bool isInteger = aType == Type::S8 || aType == Type::U8 ||
                   aType == Type::S4 || aType == Type::U4;
  bool isFloat =
      aType == Type::F16 || aType == Type::BF16 || aType == Type::TF32;
  bool isBit = aType == Type::B1;
  Type natural = isInteger || isBit   ? Type::S32
                 : aType == Type::F64 ? Type::F64
                                      : Type::F32;
  auto isGood = [&](Type type) {
    return type == natural || (aType == Type::F16 && type == Type::F16);
  };
  if (aType != bType || !isShapeOf(aType, shape) || !isGood(dType) ||
      !isGood(cType))
    return formError(instruction, "does not multiply ." +
                                      std::string(textOf(bType)) + " by " +
                                      describe(aType, shape) + " into ." +
                                      std::string(textOf(dType)));
  bool isRowCol =
      instruction.has(Modifier::Row) && instruction.has(Modifier::Col);
  if ((isBit || ptx::bitsOf(aType) == 4) && !isRowCol)
    return formError(instruction, "takes .row.col only for these types");
  WEFT_RETURN_IF_ERROR(checkBitOperation(instruction, isBit));
  bool isSaturating = instruction.has(Modifier::Satfinite);
  if (isSaturating && !isInteger && aType != Type::F16)
    return formError(instruction, ".satfinite goes with integers and f16 only");

  FormBuilder builder =
      isInteger
          ? FormBuilder(instruction, "cusim_wmma_integer", cusim_wmma_integer)
      : isFloat ? FormBuilder(instruction, "cusim_wmma_float", cusim_wmma_float)
      : isBit
          ? FormBuilder(instruction, "cusim_wmma_bits", cusim_wmma_bits)
          : FormBuilder(instruction, "cusim_wmma_double", cusim_wmma_double);
  unsigned words = aType == Type::F64 ? 2 : 1;
  builder.result(words, wmmaMatrixWords(dType, shape.m, shape.n) / words);
  builder.operand(words, wmmaFragmentWords(aType, shape.m, shape.k) / words);
  builder.operand(words, wmmaFragmentWords(bType, shape.n, shape.k) / words);
  builder.operand(words, wmmaMatrixWords(cType, shape.m, shape.n) / words);
  builder.setImmediate(
      multiplyImmediate(instruction, dType, aType, bType, cType).pack());
  return builder.finish();
}

} // namespace

StatusOr<CollectiveForm> wmmaForm(const Instruction &instruction) {
  if (!instruction.shape)
    return formError(instruction, "needs a shape");
  return instruction.opcode == Opcode::WmmaMma ? multiplyForm(instruction)
                                               : transferForm(instruction);
}

} // namespace weft::cusim
