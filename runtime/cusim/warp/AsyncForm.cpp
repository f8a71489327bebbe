//===- AsyncForm.cpp - Forms of cp.async and cp.async.bulk ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/warp/AsyncCopy.h"
#include "runtime/cusim/warp/FormBuilder.h"
#include "runtime/cusim/warp/Reductions.h"

namespace weft::cusim {

using ptx::Instruction;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Operand;
using ptx::Space;
using ptx::Type;

namespace {

/// Whether an operand is a predicate register, as far as can be known.
bool isPredicate(const Operand &operand, const ptx::Function *function) {
  if (operand.kind != Operand::Kind::Register)
    return false;
  return operand.negated ||
         (function && operand.index < function->registers.size() &&
          function->registers[operand.index].type == Type::Pred);
}

StatusOr<CollectiveForm> copyForm(const Instruction &instruction,
                                  const ptx::Function *function) {
  FormBuilder builder(instruction, "cusim_async_copy", cusim_async_copy);
  builder.setLanewise();
  builder.address(Space::Shared);
  builder.address(Space::Global);
  uint64_t immediate = builder.constant();
  unsigned hints = instruction.has(Modifier::L2CacheHint) ? 1 : 0;
  if (instruction.operands.size() == 4 + hints) {
    immediate |=
        isPredicate(instruction.operands[3], function) ? 1 << 9 : 1 << 8;
    builder.operand(1);
  }
  if (hints)
    builder.skip();
  builder.setImmediate(immediate);
  return builder.finish();
}

StatusOr<CollectiveForm> groupForm(const Instruction &instruction,
                                   const char *symbol,
                                   CollectiveFunction function) {
  FormBuilder builder(instruction, symbol, function);
  builder.setLanewise();
  if (builder.hasMore())
    builder.setImmediate(builder.constant());
  return builder.finish();
}

StatusOr<CollectiveForm> bulkForm(const Instruction &instruction) {
  BulkImmediate how;
  how.completion = instruction.has(Modifier::CompleteTx) ? Completion::Mbarrier
                                                         : Completion::Group;
  how.isMulticast = instruction.has(Modifier::MulticastCluster);
  how.reduces = instruction.opcode == Opcode::CpReduceAsyncBulk;
  how.type = instruction.type();
  if (how.reduces)
    how.reduction = static_cast<uint8_t>(reductionOf(instruction));
  bool toGlobal = instruction.space() == Space::Global;
  bool fromGlobal = !toGlobal && instruction.has(Modifier::Global);
  FormBuilder builder(instruction, "cusim_bulk_copy", cusim_bulk_copy);
  builder.setLanewise();
  builder.address(toGlobal ? Space::Global : Space::SharedCluster);
  builder.address(fromGlobal ? Space::Global : Space::Shared);
  builder.operand(1);
  if (how.completion == Completion::Mbarrier)
    builder.address(Space::SharedCluster);
  if (how.isMulticast)
    builder.operand(1);
  if (instruction.has(Modifier::L2CacheHint))
    builder.skip();
  builder.setImmediate(how.pack());
  return builder.finish();
}

StatusOr<CollectiveForm> storeForm(const Instruction &instruction) {
  BulkImmediate how;
  how.completion = Completion::Mbarrier;
  how.type = instruction.type();
  how.reduces = instruction.opcode == Opcode::RedAsync;
  if (how.reduces)
    how.reduction = static_cast<uint8_t>(reductionOf(instruction));
  unsigned elements = instruction.vectorLength();
  FormBuilder builder(instruction, "cusim_store_async", cusim_store_async);
  builder.setLanewise();
  // Without a state space, the addresses are generic.
  Space space = instruction.space();
  builder.address(space);
  builder.operand(ptx::bitsOf(how.type) / 32, elements > 1 ? elements : 0);
  builder.address(space);
  builder.setImmediate(how.pack() | uint64_t(elements) << 24);
  return builder.finish();
}

} // namespace

AtomicOperation reductionOf(const Instruction &instruction) {
  constexpr std::pair<Modifier, AtomicOperation> Operations[] = {
      {Modifier::Min, AtomicOperation::Min},
      {Modifier::Max, AtomicOperation::Max},
      {Modifier::And, AtomicOperation::And},
      {Modifier::Or, AtomicOperation::Or},
      {Modifier::Xor, AtomicOperation::Xor},
      {Modifier::Inc, AtomicOperation::Inc},
      {Modifier::Dec, AtomicOperation::Dec}};
  for (auto [modifier, operation] : Operations)
    if (instruction.has(modifier))
      return operation;
  return AtomicOperation::Add;
}

StatusOr<CollectiveForm> asyncCopyForm(const Instruction &instruction,
                                       const ptx::Function *function) {
  switch (instruction.opcode) {
  case Opcode::CpAsync:
    return copyForm(instruction, function);
  case Opcode::CpAsyncCommitGroup:
    return groupForm(instruction, "cusim_async_commit", cusim_async_commit);
  case Opcode::CpAsyncWaitGroup:
    return groupForm(instruction, "cusim_async_wait", cusim_async_wait);
  case Opcode::CpAsyncWaitAll:
    return groupForm(instruction, "cusim_async_wait_all", cusim_async_wait_all);
  case Opcode::CpAsyncBulkCommitGroup:
    return groupForm(instruction, "cusim_bulk_commit", cusim_bulk_commit);
  case Opcode::CpAsyncBulkWaitGroup:
    return groupForm(instruction, "cusim_bulk_wait", cusim_bulk_wait);
  case Opcode::CpAsyncMbarrierArrive: {
    FormBuilder builder(instruction, "cusim_async_arrive", cusim_async_arrive);
    builder.setLanewise();
    builder.address(instruction.space());
    builder.setImmediate(instruction.has(Modifier::NoInc));
    return builder.finish();
  }
  case Opcode::StAsync:
  case Opcode::RedAsync:
    return storeForm(instruction);
  default:
    return bulkForm(instruction);
  }
}

} // namespace weft::cusim
