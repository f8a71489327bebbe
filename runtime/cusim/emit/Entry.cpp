//===- Entry.cpp - The blocks of a function, and its entry ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

namespace weft::cusim {
using ptx::Opcode;

void FunctionEmitter::makeBlocks() {
  uint64_t threads = 1;
  for (uint32_t extent : function.requiredThreads)
    threads *= extent;
  bool hasFullWarps = function.isEntry && threads && threads % width == 0;
  isPartial = !hasFullWarps || uniformity.hasEarlyReturn;
  bool mayLose = false;
  isMeeting.assign(flow.blocks.size() + 1, false);
  for (uint32_t i = 0; i < flow.blocks.size(); ++i) {
    const FlowBlock &block = flow.blocks[i];
    if (mayExitIn(block))
      isPartial = mayLose = true;
    const ptx::Instruction *last = flow.terminator(block);
    if (width == 1 || !last || block.successors.size() < 2)
      continue;
    const ptx::Operand &condition =
        last->opcode == Opcode::BrxIdx ? last->operands[0] : *last->guard;
    if (!uniformity.isUniformRead(condition))
      isMeeting[block.postDominator] = true;
  }
  // Where only a warp at the end of a block has fewer lanes, they get code of
  // their own, which few launches need.
  hasPartialVariant = width > 1 && function.isEntry && !hasFullWarps &&
                      !uniformity.hasEarlyReturn && !mayLose;
  isPartialVariant =
      hasPartialVariant && kernel.variant == KernelVariant::Partial;
  if (hasPartialVariant && !isPartialVariant)
    isPartial = false;
  if (isPartialVariant)
    isMeeting.assign(isMeeting.size(), false);
  for (uint32_t i = 0; i <= flow.blocks.size(); ++i) {
    std::string name = i == flow.exit() ? "end" : std::to_string(i);
    if (!isPartialVariant)
      full.push_back(makeBlock("full" + name));
    if (width == 1)
      continue;
    chain.push_back(makeBlock("chain" + name));
  }
  if (width > 1)
    makeParking();
  if (width > 1 && uniformity.mayPass)
    makeWaiting();
}

/// A warp with fewer lanes.
void FunctionEmitter::emitCallOfPartial() {
  llvm::Value *record =
      kernel.llvm.getOrInsertGlobal(kernel.partialSymbol, builder.getInt8Ty());
  llvm::Value *partial =
      callHook("cusim_partial_kernel", builder.getPtrTy(), {record});
  builder.CreateCall(
      llvm::FunctionType::get(builder.getVoidTy(), {builder.getPtrTy()}, false),
      partial, {strand});
  builder.CreateRetVoid();
}

void FunctionEmitter::emitEntry() {
  if (isPartialVariant) {
    builder.CreateStore(
        strandField(offsetof(Strand, live), builder.getInt32Ty(), false),
        waiting[0]);
    parkRegisters(live.atBegin[0]);
    builder.CreateBr(chain[0]);
    builder.SetInsertPoint(chain[flow.exit()]);
    if (!held.empty())
      emitIf(builder.CreateICmpNE(anyHeld(), builder.getInt32(0)),
             [&] { releaseHeld(); });
    builder.CreateRetVoid();
    return;
  }
  llvm::BasicBlock *end = full[flow.exit()];
  if (width == 1) {
    builder.CreateBr(full[0]);
  } else {
    llvm::Value *lanes =
        function.isEntry
            ? strandField(offsetof(Strand, live), builder.getInt32Ty(), false)
            : llvmFunction->getArg(1);
    if (isPartial && !flow.blocks.empty()) {
      builder.CreateStore(lanes, waiting[0]);
      parkRegisters(live.atBegin[0]);
      llvm::BasicBlock *all = makeBlock("all");
      builder.CreateCondBr(builder.CreateICmpEQ(lanes, builder.getInt32(~0u)),
                           all, chain[0]);
      builder.SetInsertPoint(all);
      builder.CreateStore(builder.getInt32(0), waiting[0]);
    }
    if (hasPartialVariant) {
      llvm::BasicBlock *some = makeBlock("partial");
      builder.CreateCondBr(builder.CreateICmpEQ(lanes, builder.getInt32(~0u)),
                           full[0], some);
      builder.SetInsertPoint(some);
      emitCallOfPartial();
    } else {
      builder.CreateBr(full[0]);
    }
    builder.SetInsertPoint(chain[flow.exit()]);
    if (!held.empty())
      emitIf(builder.CreateICmpNE(anyHeld(), builder.getInt32(0)),
             [&] { releaseHeld(); });
    builder.CreateRetVoid();
  }
  // All lanes are through.
  builder.SetInsertPoint(end);
  mask = nullptr;
  if (function.isEntry)
    retire(maskBits());
  builder.CreateRetVoid();
}

} // namespace weft::cusim
