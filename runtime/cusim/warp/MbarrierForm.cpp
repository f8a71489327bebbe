//===- MbarrierForm.cpp - Forms of mbarrier.* -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/FormBuilder.h"
#include "runtime/cusim/warp/Mbarrier.h"

namespace weft::cusim {

using ptx::Instruction;
using ptx::Modifier;
using ptx::Opcode;

namespace {

MbarrierOperation operationOf(Opcode opcode) {
  switch (opcode) {
  case Opcode::MbarrierInit:
    return MbarrierOperation::Init;
  case Opcode::MbarrierInval:
    return MbarrierOperation::Invalidate;
  case Opcode::MbarrierExpectTx:
    return MbarrierOperation::ExpectBytes;
  case Opcode::MbarrierCompleteTx:
    return MbarrierOperation::CompleteBytes;
  case Opcode::MbarrierTestWait:
    return MbarrierOperation::TestWait;
  case Opcode::MbarrierTryWait:
    return MbarrierOperation::TryWait;
  default:
    return MbarrierOperation::Arrive;
  }
}

StatusOr<CollectiveForm> pendingCountForm(const Instruction &instruction) {
  FormBuilder builder(instruction, "cusim_mbarrier_pending_count",
                      cusim_mbarrier_pending_count);
  builder.result(1);
  builder.operand(2);
  builder.setLanewise();
  return builder.finish();
}

} // namespace

StatusOr<CollectiveForm> mbarrierForm(const Instruction &instruction) {
  if (instruction.opcode == Opcode::MbarrierPendingCount)
    return pendingCountForm(instruction);
  MbarrierImmediate how;
  how.operation = operationOf(instruction.opcode);
  how.drops = instruction.opcode == Opcode::MbarrierArriveDrop;
  how.expectsBytes = instruction.has(Modifier::ExpectTx);
  how.mayNotComplete = instruction.has(Modifier::NoComplete);
  how.isParity = instruction.has(Modifier::Parity);
  how.isRelaxed = instruction.has(Modifier::Relaxed);
  bool arrives = how.operation == MbarrierOperation::Arrive;
  bool waits = how.operation == MbarrierOperation::TestWait ||
               how.operation == MbarrierOperation::TryWait;
  FormBuilder builder(instruction, "cusim_mbarrier", cusim_mbarrier);
  builder.setLanewise();
  if (waits)
    builder.result(1);
  if (arrives) {
    // A state, or `_`: the word of it that nobody reads is not passed.
    how.hasResult = !instruction.operands.empty() &&
                    instruction.operands[0].kind != ptx::Operand::Kind::Sink;
    builder.result(how.hasResult ? 2 : 0);
  }
  builder.address(instruction.space());
  if (waits) {
    builder.operand(how.isParity ? 1 : 2);
    // How long try_wait may take is up to the scheduler.
    if (builder.hasMore())
      builder.skip();
  } else if (builder.hasMore()) {
    how.hasCount = true;
    builder.operand(1);
  }
  builder.setImmediate(how.pack());
  return builder.finish();
}

} // namespace weft::cusim
