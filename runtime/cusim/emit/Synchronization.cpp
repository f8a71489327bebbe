//===- Synchronization.cpp - Barriers, fences and small instructions ------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

namespace weft::cusim {
using ptx::Modifier;
using ptx::Opcode;
using ptx::Operand;
using ptx::Type;

namespace {
enum BarrierKind : uint32_t { Sync, Arrive, RedPopc, RedAnd, RedOr };
}

/// bar and barrier: {d,} number {, threads} {, predicate}.
void FunctionEmitter::emitBarrier() {
  bool isReduction = instruction->opcode == Opcode::BarRed ||
                     instruction->opcode == Opcode::BarrierRed;
  bool isArrive = instruction->opcode == Opcode::BarArrive ||
                  instruction->opcode == Opcode::BarrierArrive;
  uint32_t kind = Sync;
  if (isArrive)
    kind = Arrive;
  else if (isReduction)
    kind = instruction->has(Modifier::And)  ? RedAnd
           : instruction->has(Modifier::Or) ? RedOr
                                            : RedPopc;
  const std::vector<Operand> &operands = instruction->operands;
  size_t first = isReduction ? 1 : 0;
  size_t last = operands.size() - (isReduction ? 1 : 0);
  if (operands.size() < first + 1 + (isReduction ? 1 : 0))
    return fail("a barrier without a number");
  llvm::Value *number = ofFirstLane(read(operands[first], Type::U32));
  llvm::Value *threads = first + 1 < last
                             ? ofFirstLane(read(operands[first + 1], Type::U32))
                             : builder.getInt32(0);
  auto *fixed = llvm::dyn_cast<llvm::ConstantInt>(number);
  auto *noThreads = llvm::dyn_cast<llvm::ConstantInt>(threads);
  if (kind == Sync && !mask && fixed && fixed->getZExtValue() < 16 &&
      noThreads && noThreads->isZero() && isAlignedBarrier(*instruction)) {
    auto *call = llvm::cast<llvm::CallInst>(callHook(
        width == 1 ? "cusim_sync_thread" : "cusim_sync_warp",
        builder.getVoidTy(), {strand, number, builder.getInt32(site)}));
    call->setCallingConv(llvm::CallingConv::PreserveNone);
    call->getCalledFunction()->setCallingConv(llvm::CallingConv::PreserveNone);
    return;
  }
  llvm::Value *predicates = isReduction
                                ? toBits(read(operands.back(), Type::Pred))
                                : builder.getInt32(0);
  llvm::Value *result =
      callHook("cusim_barrier", builder.getInt32Ty(),
               {strand, maskBits(), number, threads, builder.getInt32(kind),
                predicates, builder.getInt32(isAlignedBarrier(*instruction)),
                builder.getInt32(site)});
  if (!isReduction)
    return;
  if (kind == RedPopc)
    write(operands[0], result, Type::U32);
  else
    write(operands[0], builder.CreateICmpNE(result, builder.getInt32(0)),
          Type::Pred);
}

/// The lanes of a block run on one core, in the order of the text; other cores
/// need a fence.
void FunctionEmitter::emitFence() {
  builder.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent);
}

/// What needs little; false for opcodes that are unknown.
bool FunctionEmitter::emitMiscellaneous() {
  llvm::Type *none = builder.getVoidTy();
  switch (instruction->opcode) {
  case Opcode::Trap:
  case Opcode::Brkpt:
    callHook("cusim_trap", none, {strand, maskBits(), builder.getInt32(site)});
    return true;
  case Opcode::Nanosleep:
    callHook("cusim_yield", none, {strand});
    return true;
  case Opcode::Activemask:
    write(instruction->operands[0],
          callHook("cusim_active_mask", builder.getInt32Ty(),
                   {strand, maskBits(), builder.getInt32(site)}),
          Type::U32);
    return true;
  case Opcode::BarrierClusterArrive:
  case Opcode::BarrierClusterWait:
    callHook(instruction->opcode == Opcode::BarrierClusterArrive
                 ? "cusim_cluster_arrive"
                 : "cusim_cluster_wait",
             none,
             {strand, maskBits(),
              builder.getInt32(instruction->has(Modifier::Aligned)),
              builder.getInt32(site)});
    return true;
  case Opcode::Alloca:
  case Opcode::Stacksave:
  case Opcode::Stackrestore:
    emitStackOperation();
    return true;
  case Opcode::Createpolicy:
    // Cache policies change no values.
    write(instruction->operands[0], builder.getInt64(0), Type::B64);
    return true;
  case Opcode::Prefetch:
  case Opcode::Prefetchu:
  case Opcode::Applypriority:
  case Opcode::Discard:
  case Opcode::Pmevent:
    return true;
  default:
    return false;
  }
}

} // namespace weft::cusim
