//===- MmaForm.cpp - Forms of mma.sync ------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/FormBuilder.h"
#include "runtime/cusim/warp/Mma.h"

#include <algorithm>

namespace weft::cusim {

using ptx::Instruction;
using ptx::MatrixShape;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {

/// What a and b may be: any pair of the group.
enum class Group : uint8_t {
  Half,
  BFloat,
  TF32,
  Eight,
  Byte,
  Nibble,
  Bit,
  Double
};

struct Shape {
  Group group;
  uint8_t m;
  uint16_t k;
};
/// n is 8 for all.
constexpr Shape Shapes[] = {
    {Group::Half, 16, 8},    {Group::Half, 16, 16},   {Group::BFloat, 16, 8},
    {Group::BFloat, 16, 16}, {Group::TF32, 16, 4},    {Group::TF32, 16, 8},
    {Group::Eight, 16, 16},  {Group::Eight, 16, 32},  {Group::Byte, 8, 16},
    {Group::Byte, 16, 16},   {Group::Byte, 16, 32},   {Group::Nibble, 8, 32},
    {Group::Nibble, 16, 32}, {Group::Nibble, 16, 64}, {Group::Bit, 8, 128},
    {Group::Bit, 16, 128},   {Group::Bit, 16, 256},   {Group::Double, 8, 4},
    {Group::Double, 16, 4},  {Group::Double, 16, 8},  {Group::Double, 16, 16},
};

std::optional<Group> groupOf(Type type) {
  switch (type) {
  case Type::F16:
    return Group::Half;
  case Type::BF16:
    return Group::BFloat;
  case Type::TF32:
    return Group::TF32;
  case Type::E4M3:
  case Type::E5M2:
    return Group::Eight;
  case Type::S8:
  case Type::U8:
    return Group::Byte;
  case Type::S4:
  case Type::U4:
    return Group::Nibble;
  case Type::B1:
    return Group::Bit;
  case Type::F64:
    return Group::Double;
  default:
    return std::nullopt;
  }
}

bool isAccumulator(Group group, Type type) {
  switch (group) {
  case Group::Half:
  case Group::Eight:
    return type == Type::F16 || type == Type::F32;
  case Group::BFloat:
  case Group::TF32:
    return type == Type::F32;
  case Group::Byte:
  case Group::Nibble:
  case Group::Bit:
    return type == Type::S32;
  case Group::Double:
    return type == Type::F64;
  }
  return false;
}

struct Kernel {
  const char *symbol;
  CollectiveFunction function;
};
Kernel kernelOf(Group group) {
  switch (group) {
  case Group::Byte:
  case Group::Nibble:
    return {"cusim_mma_integer", cusim_mma_integer};
  case Group::Bit:
    return {"cusim_mma_bits", cusim_mma_bits};
  case Group::Double:
    return {"cusim_mma_double", cusim_mma_double};
  default:
    return {"cusim_mma_float", cusim_mma_float};
  }
}

std::string nameOf(const MatrixShape &shape) {
  return ".m" + std::to_string(shape.m) + "n" + std::to_string(shape.n) + "k" +
         std::to_string(shape.k);
}

/// Of the modifiers .rn, .rz, .rm, .rp.
Rounding roundingOf(const Instruction &instruction) {
  return instruction.has(Modifier::Rz)   ? Rounding::Zero
         : instruction.has(Modifier::Rm) ? Rounding::Down
         : instruction.has(Modifier::Rp) ? Rounding::Up
                                         : Rounding::Nearest;
}

} // namespace

MultiplyImmediate multiplyImmediate(const Instruction &instruction, Type dType,
                                    Type aType, Type bType, Type cType) {
  const MatrixShape &shape = *instruction.shape;
  return {aType,
          bType,
          cType,
          dType,
          static_cast<uint8_t>(shape.m),
          static_cast<uint8_t>(shape.n),
          shape.k,
          instruction.has(Modifier::Satfinite),
          instruction.has(Modifier::Xor),
          roundingOf(instruction)};
}

Status checkBitOperation(const Instruction &instruction, bool isBit) {
  bool hasOperation =
      instruction.has(Modifier::Xor) || instruction.has(Modifier::And);
  if (isBit != instruction.has(Modifier::Popc) || isBit != hasOperation)
    return formError(instruction,
                     ".xor.popc or .and.popc go with .b1, and with it only");
  return Status::ok();
}

StatusOr<CollectiveForm> mmaForm(const Instruction &instruction) {
  if (instruction.types.size() != 4 || !instruction.shape)
    return formError(instruction,
                     "needs a shape and the types of d, a, b and c");
  Type dType = instruction.type(0), aType = instruction.type(1),
       bType = instruction.type(2), cType = instruction.type(3);
  MatrixShape shape = *instruction.shape;
  auto group = groupOf(aType);
  if (!group || group != groupOf(bType) || !isAccumulator(*group, cType) ||
      cType != dType)
    return formError(instruction, "does not multiply ." +
                                      std::string(textOf(aType)) + " and ." +
                                      std::string(textOf(bType)) + " into ." +
                                      std::string(textOf(dType)) + " from ." +
                                      std::string(textOf(cType)));
  if (shape.n != 8 || std::none_of(std::begin(Shapes), std::end(Shapes),
                                   [&](const Shape &known) {
                                     return known.group == *group &&
                                            known.m == shape.m &&
                                            known.k == shape.k;
                                   }))
    return formError(instruction, nameOf(shape) + " is not supported for ." +
                                      std::string(textOf(aType)));
  if (!instruction.has(Modifier::Row) || !instruction.has(Modifier::Col))
    return formError(instruction, "takes .row.col only");
  WEFT_RETURN_IF_ERROR(checkBitOperation(instruction, *group == Group::Bit));
  bool isSaturating = instruction.has(Modifier::Satfinite);
  if (isSaturating && *group != Group::Byte && *group != Group::Nibble)
    return formError(instruction, ".satfinite goes with integers only");

  Kernel kernel = kernelOf(*group);
  FormBuilder builder(instruction, kernel.symbol, kernel.function);
  bool isDouble = *group == Group::Double;
  unsigned words = isDouble ? 2 : 1;
  unsigned registerBits = WarpSize * 32 * words;
  auto registers = [&](unsigned elements, Type type) {
    return elements * ptx::bitsOf(type) / registerBits;
  };
  unsigned elementsOfC = shape.m * shape.n;
  builder.result(words, registers(elementsOfC, dType));
  builder.operand(words, registers(shape.m * shape.k, aType));
  builder.operand(words, registers(shape.n * shape.k, bType));
  builder.operand(words, registers(elementsOfC, cType));
  builder.setImmediate(
      multiplyImmediate(instruction, dType, aType, bType, cType).pack());
  return builder.finish();
}

} // namespace weft::cusim
