//===- Shuffle.cpp - shfl of whole warps ----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "llvm/IR/IntrinsicsX86.h"

namespace weft::cusim {
using ptx::Modifier;
using ptx::Operand;
using ptx::Type;

namespace {

/// values[lane] of 32 words by 32 lanes from 0 to 31: an instruction for each
/// half, which selects from both.
llvm::Value *permuteWords(llvm::IRBuilder<> &builder, llvm::Value *values,
                          llvm::Value *lanes) {
  constexpr int Half = 16;
  llvm::SmallVector<int, 32> order;
  for (int lane = 0; lane < 2 * Half; ++lane)
    order.push_back(lane);
  llvm::ArrayRef<int> all(order);
  auto half = [&](llvm::Value *value, int which) {
    return builder.CreateShuffleVector(value, all.slice(which * Half, Half));
  };
  llvm::Value *low = half(values, 0);
  llvm::Value *high = half(values, 1);
  llvm::Value *results[2];
  for (int which = 0; which < 2; ++which)
    results[which] =
        builder.CreateIntrinsic(llvm::Intrinsic::x86_avx512_vpermi2var_d_512,
                                {}, {low, half(lanes, which), high});
  return builder.CreateShuffleVector(results[0], results[1], all);
}

} // namespace

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
  } else if (kernel.host.hasWordPermute) {
    result = permuteWords(builder, value, source);
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
