//===- VectorMemory.cpp - ld and st by an address for each lane -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "runtime/cusim/machine/Hooks.h"

#include "llvm/IR/PatternMatch.h"

namespace weft::cusim {
using ptx::Space;

/// Addresses less what all lanes add: accesses at several places of a row or
/// tile then share their comparisons, which may leave a loop.
llvm::Value *FunctionEmitter::withoutOffset(llvm::Value *addresses) {
  llvm::Value *base = nullptr;
  llvm::Constant *offset = nullptr;
  using namespace llvm::PatternMatch;
  bool isSum = llvm::PatternMatch::match(
      addresses, m_Add(m_Value(base), m_Constant(offset)));
  return isSum && offset->getSplatValue() ? base : addresses;
}

/// Where lane 0's address is if the lanes' are neighbours; of lanes that part,
/// as the first one's says.
llvm::Value *FunctionEmitter::rowStart(llvm::Value *addresses,
                                       uint64_t stride) {
  if (!mask)
    return builder.CreateExtractElement(addresses, uint64_t(0));
  llvm::Value *lane = firstLane();
  llvm::Value *first = builder.CreateExtractElement(addresses, lane);
  return builder.CreateSub(
      first,
      builder.CreateMul(convert(lane, first->getType(), false),
                        llvm::ConstantInt::get(first->getType(), stride)));
}

/// Whether lane i's address is lane 0's plus i times stride.
llvm::Value *FunctionEmitter::isContiguous(llvm::Value *addresses,
                                           uint64_t stride) {
  addresses = withoutOffset(addresses);
  llvm::Type *scalar = addresses->getType()->getScalarType();
  llvm::Value *first = splat(rowStart(addresses, stride));
  llvm::Value *expected = builder.CreateAdd(first, laneNumbers(scalar, stride));
  llvm::Value *lanes = toBits(builder.CreateICmpEQ(addresses, expected));
  if (mask)
    lanes = builder.CreateOr(lanes, builder.CreateNot(mask));
  return builder.CreateICmpEQ(lanes, builder.getInt32(~0u));
}

/// By the machine, lane by lane; it checks everything.
FunctionEmitter::Values FunctionEmitter::gather(const Access &access) {
  llvm::Value *addresses = laneList(0, toGeneric(access.address));
  uint64_t plane = width * access.elementBytes();
  llvm::Value *values = buffer(1, plane * access.count);
  callHook("cusim_gather", builder.getVoidTy(),
           {strand, maskBits(), addresses, values,
            builder.getInt32(access.elementBytes()),
            builder.getInt32(access.count), builder.getInt32(access.kind),
            builder.getInt32(site)});
  Values result;
  for (unsigned i = 0; i < access.count; ++i)
    result.push_back(builder.CreateAlignedLoad(
        lanesOf(access.element),
        builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), values,
                                           i * plane),
        llvm::Align(std::min<uint64_t>(access.elementBytes(), 8))));
  return result;
}

void FunctionEmitter::scatter(const Access &access,
                              llvm::ArrayRef<llvm::Value *> values) {
  llvm::Value *addresses = laneList(0, toGeneric(access.address));
  uint64_t plane = width * access.elementBytes();
  llvm::Value *memory = buffer(1, plane * access.count);
  for (unsigned i = 0; i < access.count; ++i)
    builder.CreateAlignedStore(
        splat(values[i]),
        builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), memory,
                                           i * plane),
        llvm::Align(std::min<uint64_t>(access.elementBytes(), 8)));
  callHook("cusim_scatter", builder.getVoidTy(),
           {strand, maskBits(), addresses, memory,
            builder.getInt32(access.elementBytes()),
            builder.getInt32(access.count), builder.getInt32(access.kind),
            builder.getInt32(site)});
}

/// Goes to `neighbours`, and on there, where the lanes' elements lie side by
/// side in a range that is known; else to `others`. The first one's address.
FunctionEmitter::Address FunctionEmitter::beginRow(const Access &wide,
                                                   uint64_t alignment,
                                                   llvm::BasicBlock *neighbours,
                                                   llvm::BasicBlock *others) {
  llvm::Value *addresses = wide.address.value;
  Address start{rowStart(addresses, wide.bytes()), wide.address.space};
  llvm::Value *isRow = isContiguous(addresses, wide.bytes());
  uint64_t bytes = wide.bytes() * width;
  // The lanes that do not run say nothing about what they would access.
  llvm::Value *isInside = mask ? isInRange(start.value, bytes, alignment)
                               : isRowInRange(start, bytes, alignment);
  isRow = builder.CreateAnd(isRow, isInside);
  builder.CreateCondBr(isRow, neighbours, others);
  builder.SetInsertPoint(neighbours);
  noteAccess(wide.address, wide.bytes(), wide.kind);
  return start;
}

/// A vector load where the lanes' addresses are neighbours, in a range that is
/// known; else a gather.
FunctionEmitter::Values FunctionEmitter::loadVector(const Access &access) {
  Access wide = access;
  wide.address.value = splat(access.address.value);
  Space space = access.address.space;
  bool isTagged = space == Space::Global || space == Space::Const ||
                  space == Space::Generic;
  if (space == Space::Shared)
    return mask ? gatherShared(wide) : loadShared(wide);
  if (!isTagged)
    return gather(wide);
  llvm::BasicBlock *fast = makeBlock("contiguous");
  llvm::BasicBlock *slow = makeBlock("gather");
  llvm::BasicBlock *next = makeBlock("loaded");
  Address start = beginRow(wide, wide.bytes(), fast, slow);
  Values fastValues = loadInterleavedRow(rowPointer(start), access);
  builder.CreateBr(next);
  fast = builder.GetInsertBlock();

  builder.SetInsertPoint(slow);
  Values slowValues = gather(wide);
  builder.CreateBr(next);
  slow = builder.GetInsertBlock();

  builder.SetInsertPoint(next);
  Values result;
  for (unsigned i = 0; i < access.count; ++i) {
    llvm::PHINode *value = builder.CreatePHI(lanesOf(access.element), 2);
    value->addIncoming(fastValues[i], fast);
    value->addIncoming(slowValues[i], slow);
    result.push_back(value);
  }
  return result;
}

void FunctionEmitter::storeVector(const Access &access,
                                  llvm::ArrayRef<llvm::Value *> values) {
  Access wide = access;
  wide.address.value = splat(access.address.value);
  Space space = access.address.space;
  bool isTagged = space == Space::Global || space == Space::Generic;
  if (mask || (!isTagged && space != Space::Shared))
    return scatter(wide, values);
  llvm::BasicBlock *fast = makeBlock("contiguous");
  llvm::BasicBlock *slow = makeBlock("scatter");
  llvm::BasicBlock *next = makeBlock("stored");
  Address start = beginRow(wide, wide.bytes(), fast, slow);
  llvm::SmallVector<llvm::Value *, 8> parts;
  for (llvm::Value *value : values)
    parts.push_back(splat(value));
  // Interleaves by doubling: [a, c], [b, d] -> [a, b, c, d] for each lane.
  while (parts.size() > 1) {
    llvm::SmallVector<llvm::Value *, 8> joined;
    size_t half = parts.size() / 2;
    unsigned length = llvm::cast<llvm::FixedVectorType>(parts[0]->getType())
                          ->getNumElements();
    llvm::SmallVector<int, 128> order;
    for (unsigned i = 0; i < length; ++i) {
      order.push_back(i);
      order.push_back(length + i);
    }
    for (size_t i = 0; i < half; ++i)
      joined.push_back(
          builder.CreateShuffleVector(parts[i], parts[i + half], order));
    parts = std::move(joined);
  }
  builder.CreateAlignedStore(parts[0], rowPointer(start),
                             llvm::Align(access.elementBytes()),
                             access.isVolatile);
  builder.CreateBr(next);

  builder.SetInsertPoint(slow);
  scatter(wide, values);
  builder.CreateBr(next);
  builder.SetInsertPoint(next);
}

/// Whether a row of bytes from a scalar address on may be accessed as one.
llvm::Value *FunctionEmitter::isRowInRange(const Address &start, uint64_t bytes,
                                           uint64_t alignment) {
  if (start.space != Space::Shared) {
    if (kernel.options.checkBounds || start.space == Space::Generic)
      return isInRange(start.value, bytes, alignment);
    return builder.getTrue();
  }
  if (!kernel.options.checkBounds)
    return builder.getTrue();
  llvm::Value *offset = convert(start.value, builder.getInt64Ty(), false);
  llvm::Value *size = builder.CreateZExt(
      strandField(offsetof(Strand, sharedBytes), builder.getInt32Ty()),
      builder.getInt64Ty());
  return builder.CreateAnd(
      builder.CreateICmpULE(builder.CreateAdd(offset, builder.getInt64(bytes)),
                            size),
      builder.CreateICmpEQ(
          builder.CreateAnd(offset, builder.getInt64(alignment - 1)),
          builder.getInt64(0)));
}

/// The host's pointer of a row that was found good.
llvm::Value *FunctionEmitter::rowPointer(const Address &start) {
  if (start.space == Space::Shared)
    return builder.CreateGEP(
        builder.getInt8Ty(),
        strandField(offsetof(Strand, shared), builder.getPtrTy()),
        convert(start.value, builder.getInt64Ty(), false));
  return builder.CreateIntToPtr(
      builder.CreateAnd(start.value, builder.getInt64(HostAddressMask)),
      builder.getPtrTy());
}

} // namespace weft::cusim
