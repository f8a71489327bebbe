//===- Shuffle.cpp - shfl of whole warps ----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

namespace weft::cusim {
using ptx::Modifier;
using ptx::Operand;
using ptx::Type;

/// shfl.sync among all 32 lanes, by the formulas of PTX ISA, "shfl.sync"; false
/// for others. d{|p}, a, b, c, membermask.
bool FunctionEmitter::emitWholeShuffle() {
  const std::vector<Operand> &operands = instruction->operands;
  if (width == 1 || mask || operands.size() < 5)
    return false;
  auto *members =
      llvm::dyn_cast<llvm::ConstantInt>(read(operands.back(), Type::B32));
  if (!members || !members->isMinusOne())
    return false;
  bool hasPredicate = operands.size() == 6;
  size_t first = hasPredicate ? 2 : 1;
  llvm::Value *value = splat(read(operands[first], Type::B32));
  llvm::Value *b = splat(read(operands[first + 1], Type::B32));
  llvm::Value *c = splat(read(operands[first + 2], Type::B32));
  llvm::Value *lane = laneId();
  llvm::Type *type = lane->getType();
  auto constant = [&](uint64_t bits) {
    return llvm::ConstantInt::get(type, bits);
  };
  llvm::Value *by = builder.CreateAnd(b, constant(31));
  llvm::Value *clamp = builder.CreateAnd(c, constant(31));
  llvm::Value *segment =
      builder.CreateAnd(builder.CreateLShr(c, constant(8)), constant(31));
  llvm::Value *least = builder.CreateAnd(lane, segment);
  llvm::Value *most = builder.CreateOr(
      least, builder.CreateAnd(clamp, builder.CreateNot(segment)));
  llvm::Value *source = nullptr;
  llvm::Value *isInside = nullptr;
  if (instruction->has(Modifier::Up)) {
    source = builder.CreateSub(lane, by);
    isInside = builder.CreateICmpSGE(source, most);
  } else {
    if (instruction->has(Modifier::Down))
      source = builder.CreateAdd(lane, by);
    else if (instruction->has(Modifier::Bfly))
      source = builder.CreateXor(lane, by);
    else
      source = builder.CreateOr(
          least, builder.CreateAnd(by, builder.CreateNot(segment)));
    isInside = builder.CreateICmpSLE(source, most);
  }
  source = builder.CreateSelect(isInside, source, lane);
  llvm::Value *result = nullptr;
  if (auto *fixed = llvm::dyn_cast<llvm::Constant>(source)) {
    llvm::SmallVector<int, 32> order;
    for (unsigned i = 0; i < width; ++i)
      order.push_back(
          llvm::cast<llvm::ConstantInt>(fixed->getAggregateElement(i))
              ->getZExtValue() &
          31);
    result = builder.CreateShuffleVector(value, order);
  } else {
    if (!kernel.host.hasGather)
      return false;
    llvm::Value *memory = buffer(1, width * 4);
    builder.CreateAlignedStore(value, memory, llvm::Align(64));
    result = builder.CreateMaskedGather(
        type, builder.CreateGEP(builder.getInt32Ty(), memory, source),
        llvm::Align(4));
  }
  write(operands[0], result, Type::B32);
  if (hasPredicate)
    write(operands[1], isInside, Type::Pred);
  return true;
}

} // namespace weft::cusim
