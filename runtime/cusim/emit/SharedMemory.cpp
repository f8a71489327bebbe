//===- SharedMemory.cpp - ld.shared by an offset for each lane ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Half-warps that read one place, or neighbours, are what matrix kernels do:
// those are a broadcast or a vector load for each half. Other patterns go to a
// function that the kernel has once.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "runtime/cusim/emit/SharedGather.h"

namespace weft::cusim {
namespace {
constexpr unsigned Half = 16;

/// Offsets of the lanes of a half-warp, or of both, for a shuffle.
llvm::SmallVector<int, 32> joinHalves() {
  llvm::SmallVector<int, 32> order;
  for (unsigned lane = 0; lane < 2 * Half; ++lane)
    order.push_back(lane);
  return order;
}
} // namespace

/// By element: those of 16 lanes that each have `count` neighbouring ones.
FunctionEmitter::Values FunctionEmitter::loadInterleaved(llvm::Value *pointer,
                                                         const Access &access) {
  unsigned count = access.count;
  Values rows;
  for (unsigned i = 0; i < count; ++i)
    rows.push_back(builder.CreateAlignedLoad(
        llvm::FixedVectorType::get(access.element, Half),
        builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), pointer,
                                           i * Half * access.elementBytes()),
        llvm::Align(access.elementBytes()), access.isVolatile));
  if (count == 1)
    return rows;
  Values result;
  for (unsigned element = 0; element < count; ++element) {
    // The wanted elements of two rows move to the front, then fronts join.
    Values parts = rows;
    unsigned wanted = Half / count;
    for (unsigned stride = count; parts.size() > 1 || stride == count;
         stride = 1, wanted *= 2) {
      unsigned first = stride == count ? element : 0;
      llvm::SmallVector<int, Half> order(Half, -1);
      for (unsigned k = 0; k < wanted; ++k) {
        order[k] = first + k * stride;
        order[wanted + k] = Half + first + k * stride;
      }
      Values joined;
      for (size_t i = 0; i < parts.size(); i += 2)
        joined.push_back(
            builder.CreateShuffleVector(parts[i], parts[i + 1], order));
      parts = std::move(joined);
    }
    result.push_back(parts[0]);
  }
  return result;
}

FunctionEmitter::Values
FunctionEmitter::loadInterleavedRow(llvm::Value *pointer,
                                    const Access &access) {
  Values low = loadInterleaved(pointer, access);
  Values high =
      loadInterleaved(builder.CreateConstInBoundsGEP1_64(
                          builder.getInt8Ty(), pointer, Half * access.bytes()),
                      access);
  Values result;
  for (unsigned i = 0; i < access.count; ++i)
    result.push_back(
        builder.CreateShuffleVector(low[i], high[i], joinHalves()));
  return result;
}

/// One load for each half-warp, which all its lanes share.
FunctionEmitter::Values FunctionEmitter::loadBroadcast(llvm::Value *low,
                                                       llvm::Value *high,
                                                       const Access &access) {
  Values result;
  for (unsigned i = 0; i < access.count; ++i) {
    llvm::Value *halves[2];
    for (unsigned half = 0; half < 2; ++half)
      halves[half] = builder.CreateVectorSplat(
          Half, builder.CreateAlignedLoad(
                    access.element,
                    builder.CreateConstInBoundsGEP1_64(access.element,
                                                       half ? high : low, i),
                    llvm::Align(access.elementBytes()), access.isVolatile));
    result.push_back(
        builder.CreateShuffleVector(halves[0], halves[1], joinHalves()));
  }
  return result;
}

/// Any pattern, any lanes.
FunctionEmitter::Values FunctionEmitter::gatherShared(const Access &access) {
  uint64_t bytes = access.elementBytes();
  if (!kernel.host.hasGather || access.address.space != ptx::Space::Shared ||
      (bytes != 4 && bytes != 8) || access.isVolatile || kernel.options.count)
    return gather(access);
  uint64_t plane = width * bytes;
  llvm::Value *values = buffer(1, plane * access.count);
  llvm::Function *function =
      sharedGather(kernel.llvm, bytes, access.count, kernel.options);
  builder.CreateCall(function,
                     {strand, maskBits(), access.address.value, values,
                      builder.getInt32(access.kind), builder.getInt32(site)});
  Values result;
  for (unsigned i = 0; i < access.count; ++i)
    result.push_back(
        builder.CreateAlignedLoad(lanesOf(access.element),
                                  builder.CreateConstInBoundsGEP1_64(
                                      builder.getInt8Ty(), values, i * plane),
                                  llvm::Align(64)));
  return result;
}

/// All lanes of the warp; offsets are a vector.
FunctionEmitter::Values FunctionEmitter::loadShared(const Access &access) {
  llvm::Value *offsets = access.address.value;
  llvm::SmallVector<int, 32> firsts(Half, 0);
  firsts.append(Half, Half);
  llvm::Value *base = withoutOffset(offsets);
  llvm::Value *apart =
      builder.CreateSub(base, builder.CreateShuffleVector(base, firsts));
  llvm::SmallVector<llvm::Constant *, 32> neighbours;
  for (unsigned lane = 0; lane < width; ++lane)
    neighbours.push_back(builder.getInt32(lane % Half * access.bytes()));
  auto isAll = [&](llvm::Value *expected) {
    return builder.CreateICmpEQ(toBits(builder.CreateICmpEQ(apart, expected)),
                                builder.getInt32(~0u));
  };
  llvm::Value *isRow = isAll(llvm::ConstantVector::get(neighbours));
  llvm::Value *isSame = isAll(llvm::Constant::getNullValue(offsets->getType()));
  llvm::Value *first[2] = {
      builder.CreateExtractElement(offsets, uint64_t(0)),
      builder.CreateExtractElement(offsets, uint64_t(Half))};
  auto isInside = [&](uint64_t bytes) {
    if (!kernel.options.checkBounds)
      return static_cast<llvm::Value *>(builder.getTrue());
    return builder.CreateAnd(
        isRowInRange({first[0], ptx::Space::Shared}, bytes, access.bytes()),
        isRowInRange({first[1], ptx::Space::Shared}, bytes, access.bytes()));
  };
  llvm::BasicBlock *row = makeBlock("rows");
  llvm::BasicBlock *notRow = makeBlock("notrows");
  llvm::BasicBlock *same = makeBlock("same");
  llvm::BasicBlock *any = makeBlock("any");
  llvm::BasicBlock *next = makeBlock("loaded");
  llvm::SmallVector<std::pair<Values, llvm::BasicBlock *>, 3> ways;
  auto finish = [&](Values values) {
    ways.push_back({values, builder.GetInsertBlock()});
    builder.CreateBr(next);
  };
  llvm::Value *pointers[2];
  auto makePointers = [&] {
    for (unsigned half = 0; half < 2; ++half)
      pointers[half] = rowPointer({first[half], ptx::Space::Shared});
    noteAccess(access.address, access.bytes(), access.kind);
  };
  builder.CreateCondBr(
      builder.CreateAnd(isRow, isInside(Half * access.bytes())), row, notRow);

  builder.SetInsertPoint(row);
  makePointers();
  Values low = loadInterleaved(pointers[0], access);
  Values high = loadInterleaved(pointers[1], access);
  for (unsigned i = 0; i < access.count; ++i)
    low[i] = builder.CreateShuffleVector(low[i], high[i], joinHalves());
  finish(low);

  builder.SetInsertPoint(notRow);
  builder.CreateCondBr(builder.CreateAnd(isSame, isInside(access.bytes())),
                       same, any);
  builder.SetInsertPoint(same);
  makePointers();
  finish(loadBroadcast(pointers[0], pointers[1], access));

  builder.SetInsertPoint(any);
  finish(gatherShared(access));

  builder.SetInsertPoint(next);
  Values result;
  for (unsigned i = 0; i < access.count; ++i) {
    llvm::PHINode *value = builder.CreatePHI(lanesOf(access.element), 3);
    for (auto &[values, from] : ways)
      value->addIncoming(values[i], from);
    result.push_back(value);
  }
  return result;
}

} // namespace weft::cusim
