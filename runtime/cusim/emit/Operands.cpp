//===- Operands.cpp - Reading and writing operands ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "llvm/ADT/APFloat.h"

namespace weft::cusim {
using ptx::Operand;
using ptx::Type;

namespace {
/// The untyped type of as many bits.
Type integerOf(Type type) {
  switch (ptx::bitsOf(type)) {
  case 8:
    return Type::B8;
  case 16:
    return Type::B16;
  case 64:
    return Type::B64;
  case 128:
    return Type::B128;
  default:
    return Type::B32;
  }
}
} // namespace

llvm::Type *FunctionEmitter::typeOf(Type type) const {
  llvm::LLVMContext &context = kernel.llvm.getContext();
  switch (type) {
  case Type::F32:
    return llvm::Type::getFloatTy(context);
  case Type::F64:
    return llvm::Type::getDoubleTy(context);
  default:
    return llvm::Type::getIntNTy(context, std::max(1u, ptx::bitsOf(type)));
  }
}

llvm::Value *FunctionEmitter::readRegister(const Operand &operand) {
  if (const Operand *literal = constants[operand.index])
    return convert(
        readConstant(*literal,
                     integerOf(function.registers[operand.index].type)),
        typeOf(function.registers[operand.index].type), false);
  llvm::AllocaInst *memory = registers[operand.index][std::min<size_t>(
      operand.component, registers[operand.index].size() - 1)];
  llvm::Value *value = builder.CreateLoad(memory->getAllocatedType(), memory);
  return operand.negated ? builder.CreateNot(toInteger(value)) : value;
}

/// A literal. Decimal ones with a point are doubles, whatever the instruction.
llvm::Value *FunctionEmitter::readConstant(const Operand &operand, Type type) {
  llvm::Type *scalar = typeOf(type);
  if (operand.kind == Operand::Kind::Integer) {
    if (scalar->isIntegerTy())
      return llvm::ConstantInt::get(
          scalar, llvm::APInt(64, operand.bits)
                      .sextOrTrunc(scalar->getIntegerBitWidth()));
    return llvm::ConstantFP::get(scalar,
                                 double(static_cast<int64_t>(operand.bits)));
  }
  bool isDouble = operand.kind == Operand::Kind::Float64;
  llvm::APFloat value =
      isDouble ? llvm::APFloat(llvm::APFloat::IEEEdouble(),
                               llvm::APInt(64, operand.bits))
               : llvm::APFloat(llvm::APFloat::IEEEsingle(),
                               llvm::APInt(32, uint32_t(operand.bits)));
  const llvm::fltSemantics *semantics = nullptr;
  if (scalar->isFloatTy() || type == Type::B32)
    semantics = &llvm::APFloat::IEEEsingle();
  else if (scalar->isDoubleTy() || type == Type::B64)
    semantics = &llvm::APFloat::IEEEdouble();
  else if (type == Type::F16)
    semantics = &llvm::APFloat::IEEEhalf();
  else if (type == Type::BF16)
    semantics = &llvm::APFloat::BFloat();
  if (!semantics) {
    fail("a floating-point literal where " + std::string(ptx::textOf(type)) +
         " is expected");
    return llvm::Constant::getNullValue(scalar);
  }
  bool losesInformation = false;
  value.convert(*semantics, llvm::APFloat::rmNearestTiesToEven,
                &losesInformation);
  if (scalar->isIntegerTy())
    return llvm::ConstantInt::get(builder.getContext(), value.bitcastToAPInt());
  return llvm::ConstantFP::get(builder.getContext(), value);
}

/// The value of an operand in the type of the instruction, whatever the
/// register was declared as.
llvm::Value *FunctionEmitter::read(const Operand &operand, Type type) {
  llvm::Type *scalar = typeOf(type);
  switch (operand.kind) {
  case Operand::Kind::Register: {
    llvm::Value *value = readRegister(operand);
    bool isPredicate = value->getType()->getScalarSizeInBits() == 1;
    if (isPredicate != (scalar->getPrimitiveSizeInBits() == 1)) {
      fail("the register " + function.registers[operand.index].name +
           " is no " + std::string(ptx::textOf(type)));
      return llvm::Constant::getNullValue(scalar);
    }
    return convert(value, scalar, ptx::isSigned(type));
  }
  case Operand::Kind::Integer:
  case Operand::Kind::Float32:
  case Operand::Kind::Float64:
    return readConstant(operand, type);
  case Operand::Kind::Special:
    return convert(readSpecial(operand), scalar, false);
  case Operand::Kind::Variable:
    return convert(variableAddress(operand).value, scalar, false);
  case Operand::Kind::Function:
    return convert(builder.getInt64(FunctionTag << TagShift | operand.index),
                   scalar, false);
  default:
    fail("an operand that is no value");
    return llvm::Constant::getNullValue(scalar);
  }
}

llvm::Value *FunctionEmitter::readGuard() {
  return read(*instruction->guard, Type::Pred);
}

/// Writes the lanes that execute the instruction. A register wider than `type`
/// is filled by the sign or with zeros.
void FunctionEmitter::write(const Operand &operand, llvm::Value *value,
                            Type type) {
  if (operand.kind == Operand::Kind::Sink)
    return;
  if (operand.kind != Operand::Kind::Register)
    return fail("a result that is no register");
  llvm::AllocaInst *memory = registers[operand.index][std::min<size_t>(
      operand.component, registers[operand.index].size() - 1)];
  llvm::Type *registerType = memory->getAllocatedType();
  llvm::Type *scalar = registerType->getScalarType();
  if ((scalar->getPrimitiveSizeInBits() == 1) !=
      (value->getType()->getScalarSizeInBits() == 1))
    return fail("the register " + function.registers[operand.index].name +
                " cannot hold a " + std::string(ptx::textOf(type)));
  value = convert(value, scalar, ptx::isSigned(type));
  // A guard of arithmetic; others have become the mask.
  llvm::Value *condition = writeGuard;
  if (registerType->isVectorTy()) {
    value = splat(value);
    // What no other block reads, no waiting lane needs.
    bool keepsOthers =
        mask &&
        (isGuarded || (isMasked[operand.index] && slots[operand.index]));
    if (keepsOthers) {
      llvm::Value *lanes = toLanes(mask);
      condition =
          condition ? builder.CreateAnd(lanes, splat(condition)) : lanes;
    }
  } else {
    assert(!isVector(value) && "a uniform register takes a scalar");
  }
  if (condition)
    value = builder.CreateSelect(condition, value,
                                 builder.CreateLoad(registerType, memory));
  builder.CreateStore(value, memory);
}

void FunctionEmitter::emitMov() {
  if (instruction->operands.size() != 2)
    return fail("mov takes two operands");
  const Operand &target = instruction->operands[0];
  const Operand &source = instruction->operands[1];
  Type type = instruction->type();
  unsigned bits = ptx::bitsOf(type);
  if (target.kind == Operand::Kind::Vector) {
    // Unpacks, lowest first.
    unsigned part = bits / std::max<size_t>(target.elements.size(), 1);
    if (part < 8 || part * target.elements.size() != bits)
      return fail("mov cannot unpack into so many registers");
    llvm::Value *value = toInteger(read(source, type));
    for (size_t i = 0; i < target.elements.size(); ++i) {
      llvm::Value *shifted = builder.CreateLShr(
          value, llvm::ConstantInt::get(value->getType(), i * part));
      write(target.elements[i],
            builder.CreateTrunc(shifted,
                                typeLike(shifted, builder.getIntNTy(part))),
            Type::None);
    }
    return;
  }
  if (source.kind == Operand::Kind::Vector) {
    unsigned part = bits / std::max<size_t>(source.elements.size(), 1);
    if (part < 8 || part * source.elements.size() != bits)
      return fail("mov cannot pack so many registers");
    Type partType = part == 8    ? Type::B8
                    : part == 16 ? Type::B16
                    : part == 32 ? Type::B32
                                 : Type::B64;
    Values parts;
    for (const Operand &element : source.elements)
      parts.push_back(toInteger(read(element, partType)));
    match(parts);
    llvm::Value *packed = nullptr;
    for (size_t i = 0; i < parts.size(); ++i) {
      llvm::Type *wide = typeLike(parts[i], builder.getIntNTy(bits));
      llvm::Value *shifted =
          builder.CreateShl(builder.CreateZExt(parts[i], wide),
                            llvm::ConstantInt::get(wide, i * part));
      packed = packed ? builder.CreateOr(packed, shifted) : shifted;
    }
    return write(target, packed, type);
  }
  write(target, read(source, type), type);
}

void FunctionEmitter::emitConvertAddress() {
  Type type = instruction->type();
  if (instruction->operands.size() != 2)
    return fail("cvta takes two operands");
  llvm::Value *address = toInteger(read(instruction->operands[1], type));
  address = convert(address, builder.getInt64Ty(), false);
  ptx::Space space = instruction->space();
  if (instruction->has(ptx::Modifier::To)) {
    // Global addresses are generic ones; elsewhere the tag goes.
    if (space != ptx::Space::Global && space != ptx::Space::Const)
      address = builder.CreateAnd(
          address, llvm::ConstantInt::get(address->getType(), 0xffffffff));
  } else {
    Address in{address, space};
    if (space == ptx::Space::Shared || space == ptx::Space::SharedCluster)
      in.value = convert(address, builder.getInt32Ty(), false);
    address = toGeneric(in);
  }
  write(instruction->operands[0], address, type);
}

void FunctionEmitter::emitIsSpace() {
  if (instruction->operands.size() != 2)
    return fail("isspacep takes two operands");
  llvm::Value *address =
      convert(toInteger(read(instruction->operands[1], Type::B64)),
              builder.getInt64Ty(), false);
  auto constant = [&](uint64_t bits) {
    return llvm::ConstantInt::get(address->getType(), bits);
  };
  llvm::Value *tag = builder.CreateLShr(address, constant(TagShift));
  llvm::Value *result = nullptr;
  switch (instruction->space()) {
  case ptx::Space::Shared:
    // Without the rank of a block.
    tag = builder.CreateLShr(address, constant(SharedRankShift));
    result = builder.CreateICmpEQ(
        tag, constant(SharedTag << (TagShift - SharedRankShift)));
    break;
  case ptx::Space::SharedCluster:
    result = builder.CreateICmpEQ(tag, constant(SharedTag));
    break;
  case ptx::Space::Local:
    result = builder.CreateICmpEQ(tag, constant(LocalTag));
    break;
  case ptx::Space::Param:
    result = builder.CreateICmpEQ(tag, constant(ParamTag));
    break;
  default:
    result = builder.CreateOr(builder.CreateICmpUGE(tag, constant(GlobalTag)),
                              builder.CreateICmpEQ(tag, constant(0)));
  }
  write(instruction->operands[0], result, Type::Pred);
}

} // namespace weft::cusim
