//===- ParkedRegisters.cpp - Registers of lanes that are apart ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Between masked blocks, registers lie in memory: each block loads what it
// uses, and stores what it wrote. As values they would meet at every place of
// the chain, with thousands of phis that take LLVM seconds. What lives within
// one block only stays a value.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "runtime/cusim/emit/CanonicalNaNs.h"

#include "llvm/IR/InlineAsm.h"

namespace weft::cusim {
namespace {
constexpr uint64_t SlotAlignment = 64;

/// LLVM must not know what is in memory of ours: it would make values of it.
void hideFromLLVM(llvm::IRBuilder<> &builder, llvm::Value *memory) {
  auto *type =
      llvm::FunctionType::get(builder.getVoidTy(), {builder.getPtrTy()}, false);
  builder.CreateCall(type,
                     llvm::InlineAsm::get(type, "", "r,~{memory}",
                                          /*hasSideEffects=*/true),
                     {memory});
}
} // namespace

/// Memory for the lanes that wait for blocks, and for the registers that blocks
/// hand on.
void FunctionEmitter::makeParking() {
  bool isApart = false;
  for (uint32_t i = 0; i < flow.blocks.size(); ++i)
    isApart |= needsMasked(i);
  auto makeMemory = [&](uint64_t bytes, const char *name) {
    return makeAlloca(llvm::ArrayType::get(builder.getInt8Ty(), bytes), name);
  };
  uint64_t waitingBytes = 4 * (flow.blocks.size() + 1);
  llvm::AllocaInst *words = makeMemory(waitingBytes, "waiting");
  for (uint32_t i = 0; i <= flow.blocks.size(); ++i)
    waiting.push_back(
        builder.CreateConstInBoundsGEP1_64(builder.getInt32Ty(), words, i));
  slots.assign(function.registers.size(), std::nullopt);
  if (!isApart)
    return;
  builder.CreateMemSet(words, builder.getInt8(0), waitingBytes,
                       llvm::MaybeAlign(64));
  hideFromLLVM(builder, words);

  const llvm::DataLayout &layout = kernel.llvm.getDataLayout();
  llvm::BitVector handedOn(function.registers.size());
  for (const llvm::BitVector &registersOfBlock : live.atBegin)
    handedOn |= registersOfBlock;
  uint64_t bytes = 0;
  for (unsigned number : handedOn.set_bits()) {
    if (constants[number])
      continue;
    slots[number] = bytes;
    for (llvm::AllocaInst *part : registers[number])
      bytes += llvm::alignTo(layout.getTypeStoreSize(part->getAllocatedType()),
                             SlotAlignment);
  }
  if (!bytes)
    return;
  parked = makeMemory(bytes, "parked");
  hideFromLLVM(builder, parked);
}

/// Visits the parts of registers that have a slot: register and place of it.
void FunctionEmitter::forEachSlot(
    const llvm::BitVector &numbers,
    const std::function<void(llvm::AllocaInst *, llvm::Value *, llvm::MDNode *)>
        &visit) {
  const llvm::DataLayout &layout = kernel.llvm.getDataLayout();
  for (unsigned number : numbers.set_bits()) {
    if (!slots[number])
      continue;
    uint64_t offset = *slots[number];
    for (llvm::AllocaInst *part : registers[number]) {
      visit(part,
            builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), parked,
                                               offset),
            slotMarker(builder.getContext(), offset));
      offset += llvm::alignTo(layout.getTypeStoreSize(part->getAllocatedType()),
                              SlotAlignment);
    }
  }
}

void FunctionEmitter::parkRegisters(const llvm::BitVector &numbers) {
  forEachSlot(numbers, [&](llvm::AllocaInst *part, llvm::Value *place,
                           llvm::MDNode *marker) {
    builder
        .CreateAlignedStore(builder.CreateLoad(part->getAllocatedType(), part),
                            place, llvm::Align(SlotAlignment))
        ->setMetadata(SlotMarkerName, marker);
  });
}

void FunctionEmitter::fetchRegisters(const llvm::BitVector &numbers) {
  forEachSlot(numbers, [&](llvm::AllocaInst *part, llvm::Value *place,
                           llvm::MDNode *marker) {
    llvm::LoadInst *value = builder.CreateAlignedLoad(
        part->getAllocatedType(), place, llvm::Align(SlotAlignment));
    value->setMetadata(SlotMarkerName, marker);
    builder.CreateStore(value, part);
  });
}

} // namespace weft::cusim
