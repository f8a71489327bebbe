//===- Branches.cpp - Control flow at both widths -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "llvm/IR/MDBuilder.h"

#include <algorithm>

namespace weft::cusim {
using ptx::Opcode;

namespace {
/// Turns of loops between two looks at the watchdog; the others in loops that
/// may wait for another strand.
constexpr uint32_t TurnsToYield = 4096;
constexpr uint32_t WaitsToYield = 16;
} // namespace

llvm::BasicBlock *FunctionEmitter::makeBlock(const llvm::Twine &name) {
  return llvm::BasicBlock::Create(builder.getContext(), name, llvmFunction);
}

/// Ends the kernel where lanes have nowhere to go.
void FunctionEmitter::trapLanes(llvm::Value *lanes) {
  emitIf(
      builder.CreateICmpNE(lanes, builder.getInt32(0)),
      [&] {
        callHook("cusim_trap", builder.getVoidTy(),
                 {strand, lanes, builder.getInt32(site)});
      },
      false);
}

void FunctionEmitter::emitIf(llvm::Value *condition,
                             const std::function<void()> &then, bool isLikely) {
  llvm::BasicBlock *inside = makeBlock("then");
  llvm::BasicBlock *next = makeBlock("next");
  builder.CreateCondBr(
      condition, inside, next,
      isLikely
          ? nullptr
          : llvm::MDBuilder(builder.getContext()).createBranchWeights(1, 2000));
  builder.SetInsertPoint(inside);
  then();
  builder.CreateBr(next);
  builder.SetInsertPoint(next);
}

/// Whether a block may run for some of the 32 lanes only.
bool FunctionEmitter::needsMasked(uint32_t number) const {
  return width > 1 && (isPartial || uniformity.isDivergent[number]);
}

bool FunctionEmitter::mayExitIn(const FlowBlock &block) const {
  if (block.begin == block.end)
    return false;
  const ptx::Instruction &last = function.instructions[block.end - 1];
  if (last.opcode != Opcode::Call || last.operands.size() < 2)
    return false;
  const ptx::Operand &callee = last.operands[1];
  if (callee.kind == ptx::Operand::Kind::Function)
    return callee.index < kernel.layout.mayExit.size() &&
           kernel.layout.mayExit[callee.index];
  return std::any_of(kernel.layout.indirectTargets.begin(),
                     kernel.layout.indirectTargets.end(), [&](uint32_t target) {
                       return kernel.layout.mayExit[target];
                     });
}

void FunctionEmitter::retire(llvm::Value *lanes) {
  llvm::Value *pointer = strandFieldPointer(offsetof(Strand, live));
  llvm::Value *live = builder.CreateLoad(builder.getInt32Ty(), pointer);
  builder.CreateStore(builder.CreateAnd(live, builder.CreateNot(lanes)),
                      pointer);
}

void FunctionEmitter::send(uint32_t target, llvm::Value *lanes) {
  if (target == flow.exit()) {
    // Lanes that return from a .func live on in its caller.
    if (function.isEntry)
      retire(lanes);
    return;
  }
  llvm::Value *others =
      builder.CreateLoad(builder.getInt32Ty(), waiting[target]);
  builder.CreateStore(builder.CreateOr(others, lanes), waiting[target]);
}

/// Every few thousand turns of loops other strands run, and the machine looks
/// at the clock.
void FunctionEmitter::countTurn(bool mayWait) {
  llvm::Value *count = builder.CreateAdd(
      builder.CreateLoad(builder.getInt32Ty(), turns), builder.getInt32(1));
  builder.CreateStore(count, turns);
  emitIf(
      builder.CreateICmpUGE(
          count, builder.getInt32(mayWait ? WaitsToYield : TurnsToYield)),
      [&] {
        builder.CreateStore(builder.getInt32(0), turns);
        callHook("cusim_yield", builder.getVoidTy(), {strand});
      },
      false);
}

void FunctionEmitter::emitFull(uint32_t number) {
  if (isPartialVariant)
    return;
  builder.SetInsertPoint(full[number]);
  mask = nullptr;
  const FlowBlock &block = flow.blocks[number];
  if (block.head) {
    countTurn(flow.loops[*block.loop].mayWait);
    builder.CreateBr(full[*block.head]);
    return;
  }
  emitBlock(number);
  if (!failure)
    endFull(number);
}

/// Lanes part: each set waits for its block, and the chain runs the first.
void FunctionEmitter::diverge(
    llvm::ArrayRef<std::pair<uint32_t, llvm::Value *>> targets) {
  uint32_t first = flow.exit();
  llvm::BitVector handedOn(function.registers.size());
  for (auto [target, lanes] : targets) {
    send(target, lanes);
    handedOn |= live.atBegin[target];
    first = std::min(first, target);
  }
  parkRegisters(handedOn);
  builder.CreateBr(chain[first]);
}

void FunctionEmitter::endFull(uint32_t number) {
  const FlowBlock &block = flow.blocks[number];
  const ptx::Instruction *last = flow.terminator(block);
  llvm::Type *i32 = builder.getInt32Ty();
  if (mayExitIn(block)) {
    // Lanes may have left for good within the call.
    llvm::Value *live =
        strandField(offsetof(Strand, live), builder.getInt32Ty(), false);
    llvm::BasicBlock *some = makeBlock("exited");
    builder.CreateCondBr(builder.CreateICmpEQ(live, maskBits()),
                         full[block.successors[0]], some);
    builder.SetInsertPoint(some);
    if (width == 1) {
      builder.CreateRetVoid();
      return;
    }
    return diverge({{block.successors[0], live}});
  }
  if (last && last->opcode == Opcode::Exit && !function.isEntry) {
    llvm::Value *lanes = last->guard ? toBits(readGuard()) : maskBits();
    retire(lanes);
  }
  if (last && last->opcode == Opcode::BrxIdx) {
    llvm::Value *index = read(last->operands[0], ptx::Type::U32);
    llvm::BasicBlock *bad = makeBlock("nolabel");
    std::vector<std::pair<uint32_t, llvm::Value *>> targets;
    if (!isVector(index)) {
      llvm::SwitchInst *jump =
          builder.CreateSwitch(index, bad, block.successors.size());
      for (uint32_t i = 0; i < block.successors.size(); ++i)
        jump->addCase(builder.getInt32(i), full[block.successors[i]]);
    } else {
      llvm::Value *isBad = toBits(builder.CreateICmpUGE(
          index,
          llvm::ConstantInt::get(index->getType(), block.successors.size())));
      llvm::BasicBlock *good = makeBlock("labels");
      builder.CreateCondBr(builder.CreateICmpEQ(isBad, builder.getInt32(0)),
                           good, bad);
      builder.SetInsertPoint(good);
      for (uint32_t i = 0; i < block.successors.size(); ++i)
        targets.push_back(
            {block.successors[i],
             toBits(builder.CreateICmpEQ(
                 index, llvm::ConstantInt::get(index->getType(), i)))});
      diverge(targets);
    }
    builder.SetInsertPoint(bad);
    callHook("cusim_trap", builder.getVoidTy(),
             {strand, maskBits(), builder.getInt32(site)});
    builder.CreateUnreachable();
    return;
  }
  if (block.successors.size() < 2) {
    builder.CreateBr(full[block.successors[0]]);
    return;
  }
  llvm::Value *guard = readGuard();
  uint32_t taken = block.successors[0];
  uint32_t other = block.successors[1];
  if (!isVector(guard)) {
    builder.CreateCondBr(guard, full[taken], full[other]);
    return;
  }
  llvm::Value *lanes = toBits(guard);
  llvm::BasicBlock *notAll = makeBlock("notall");
  llvm::BasicBlock *some = makeBlock("some");
  builder.CreateCondBr(
      builder.CreateICmpEQ(lanes, llvm::ConstantInt::get(i32, ~0u)),
      full[taken], notAll);
  builder.SetInsertPoint(notAll);
  builder.CreateCondBr(builder.CreateICmpEQ(lanes, builder.getInt32(0)),
                       full[other], some);
  builder.SetInsertPoint(some);
  std::pair<uint32_t, llvm::Value *> targets[] = {
      {taken, lanes}, {other, builder.CreateNot(lanes)}};
  if (!emitShortRegion(number, targets))
    diverge(targets);
}

void FunctionEmitter::emitChain(uint32_t number) {
  if (width == 1)
    return;
  const FlowBlock &block = flow.blocks[number];
  builder.SetInsertPoint(chain[number]);
  llvm::Value *lanes =
      builder.CreateLoad(builder.getInt32Ty(), waiting[number]);
  llvm::BasicBlock *next = chain[number + 1];
  auto resumeFull = [&] {
    builder.CreateStore(builder.getInt32(0), waiting[number]);
    fetchRegisters(live.atBegin[number]);
    builder.CreateBr(full[number]);
  };
  if (!needsMasked(number)) {
    // Who comes here is a whole warp.
    llvm::BasicBlock *all = makeBlock("met");
    builder.CreateCondBr(builder.CreateICmpEQ(lanes, builder.getInt32(0)), next,
                         all);
    builder.SetInsertPoint(all);
    return resumeFull();
  }
  if (isMeeting[number]) {
    llvm::BasicBlock *all = makeBlock("met");
    llvm::BasicBlock *some = makeBlock("some");
    builder.CreateCondBr(builder.CreateICmpEQ(lanes, builder.getInt32(~0u)),
                         all, some);
    builder.SetInsertPoint(all);
    resumeFull();
    builder.SetInsertPoint(some);
  }
  llvm::BasicBlock *masked = makeBlock("masked" + std::to_string(number));
  builder.CreateCondBr(builder.CreateICmpEQ(lanes, builder.getInt32(0)), next,
                       masked);
  builder.SetInsertPoint(masked);
  if (!held.empty() && block.begin < block.end) {
    const ptx::Instruction &first = function.instructions[block.begin];
    if (meetsOthers(first))
      standBack(isAlignedBarrier(first));
  }
  builder.CreateStore(builder.getInt32(0), waiting[number]);
  mask = lanes;
  if (block.head) {
    countTurn(flow.loops[*block.loop].mayWait);
    if (!held.empty() && held[*block.loop])
      holdLanes(*block.loop, lanes);
    send(*block.head, lanes);
    builder.CreateBr(chain[*block.head]);
  } else {
    fetchRegisters(live.used[number]);
    emitBlock(number);
    if (!failure)
      endMasked(number);
  }
  mask = nullptr;
}

void FunctionEmitter::endMasked(uint32_t number) {
  const FlowBlock &block = flow.blocks[number];
  const ptx::Instruction *last = flow.terminator(block);
  llvm::BasicBlock *next = chain[number + 1];
  llvm::Value *lanes = mask;
  llvm::BitVector handedOn = live.written[number];
  handedOn &= live.atEnd[number];
  parkRegisters(handedOn);
  if (mayExitIn(block))
    lanes = builder.CreateAnd(lanes, strandField(offsetof(Strand, live),
                                                 builder.getInt32Ty(), false));
  if (last && last->opcode == Opcode::BrxIdx) {
    llvm::Value *index = splat(read(last->operands[0], ptx::Type::U32));
    llvm::Value *left = lanes;
    for (uint32_t i = 0; i < block.successors.size(); ++i) {
      llvm::Value *here = builder.CreateAnd(
          lanes, toBits(builder.CreateICmpEQ(
                     index, llvm::ConstantInt::get(index->getType(), i))));
      left = builder.CreateAnd(left, builder.CreateNot(here));
      send(block.successors[i], here);
    }
    trapLanes(left);
    builder.CreateBr(next);
    return;
  }
  llvm::Value *taken = lanes;
  if (last && last->guard)
    taken = builder.CreateAnd(lanes, toBits(readGuard()));
  if (last && last->opcode == Opcode::Exit && !function.isEntry)
    retire(taken);
  send(block.successors[0], taken);
  if (block.successors.size() > 1)
    send(block.successors[1],
         builder.CreateAnd(lanes, builder.CreateNot(taken)));
  builder.CreateBr(next);
}

} // namespace weft::cusim
