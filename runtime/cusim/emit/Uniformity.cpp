//===- Uniformity.cpp - What all lanes of a warp agree on -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/Uniformity.h"

#include "runtime/cusim/emit/LaneArithmetic.h"
#include "runtime/cusim/warp/Collective.h"

#include <algorithm>

namespace weft::cusim {
namespace {
using ptx::Opcode;
using ptx::Operand;
using ptx::Special;

bool usesCarry(const ptx::Instruction &instruction) {
  return instruction.has(ptx::Modifier::Cc) ||
         instruction.opcode == Opcode::Addc ||
         instruction.opcode == Opcode::Subc ||
         instruction.opcode == Opcode::Madc;
}

/// Opcodes whose results differ between lanes whatever the operands are.
bool isDivergentSource(const ptx::Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::Atom:
  case Opcode::Call:
  case Opcode::Alloca:
  case Opcode::Stacksave:
    return true;
  // The same value for all lanes that take part.
  case Opcode::Vote:
  case Opcode::Redux:
  case Opcode::Activemask:
  case Opcode::BarRed:
  case Opcode::BarrierRed:
    return false;
  default:
    return usesCarry(instruction) || isCollective(instruction);
  }
}
} // namespace

unsigned countResults(const ptx::Instruction &instruction,
                      const ptx::Function &function) {
  switch (instruction.opcode) {
  case Opcode::St:
  case Opcode::Red:
  case Opcode::Prefetch:
  case Opcode::Prefetchu:
  case Opcode::Applypriority:
  case Opcode::Discard:
  case Opcode::Membar:
  case Opcode::Fence:
  case Opcode::FenceProxy:
  case Opcode::FenceMbarrierInit:
  case Opcode::MembarProxy:
  case Opcode::Bra:
  case Opcode::BrxIdx:
  case Opcode::Ret:
  case Opcode::Exit:
  case Opcode::Trap:
  case Opcode::Brkpt:
  case Opcode::Nanosleep:
  case Opcode::Pmevent:
  case Opcode::Stackrestore:
  case Opcode::BarSync:
  case Opcode::BarArrive:
  case Opcode::BarrierSync:
  case Opcode::BarrierArrive:
  case Opcode::BarrierClusterArrive:
  case Opcode::BarrierClusterWait:
    return 0;
  case Opcode::Call:
    return 1;
  default:
    if (isLaneArithmetic(instruction.opcode))
      return resultCount(instruction);
    if (isCollective(instruction)) {
      StatusOr<CollectiveForm> form = collectiveForm(instruction, &function);
      return form ? form->resultCount : 0;
    }
    return instruction.operands.empty() ? 0 : 1;
  }
}

bool Uniformity::isUniformRead(const Operand &operand) const {
  switch (operand.kind) {
  case Operand::Kind::Register:
    return isUniform[operand.index];
  case Operand::Kind::Special:
    switch (operand.special) {
    case Special::Tid:
      return hasWholeRows && operand.component > 0;
    case Special::Laneid:
    case Special::LanemaskEq:
    case Special::LanemaskLe:
    case Special::LanemaskLt:
    case Special::LanemaskGe:
    case Special::LanemaskGt:
      return false;
    default:
      return true;
    }
  default:
    return std::all_of(
        operand.elements.begin(), operand.elements.end(),
        [&](const Operand &element) { return isUniformRead(element); });
  }
}

bool Uniformity::isUniformLoad(const ptx::Instruction &instruction) const {
  switch (instruction.space()) {
  case ptx::Space::Param: {
    if (!function->isEntry)
      return false;
    // What a call returned is another matter than the kernel's parameters.
    const Operand &address = instruction.operands.back();
    return address.elements.empty() ||
           address.elements[0].kind != Operand::Kind::Variable ||
           address.elements[0].variable.of == ptx::VariableRef::Of::Parameters;
  }
  case ptx::Space::Global:
  case ptx::Space::Const:
  case ptx::Space::Shared:
  case ptx::Space::SharedCluster:
    return true;
  default:
    return false; // Local memory is each thread's own.
  }
}

bool Uniformity::isUniformResult(const ptx::Instruction &instruction) const {
  if (isDivergentSource(instruction))
    return false;
  if (instruction.guard && !isUniformRead(*instruction.guard))
    return false;
  if ((instruction.opcode == Opcode::Ld || instruction.opcode == Opcode::Ldu) &&
      !isUniformLoad(instruction))
    return false;
  switch (instruction.opcode) {
  case Opcode::Vote:
  case Opcode::Redux:
    // Of the lanes that the membermask names; some name others than some.
    return isUniformRead(instruction.operands.back());
  case Opcode::BarRed:
  case Opcode::BarrierRed:
    return true;
  default:
    break;
  }
  for (size_t i = countResults(instruction, *function);
       i < instruction.operands.size(); ++i)
    if (!isUniformRead(instruction.operands[i]))
      return false;
  return true;
}

/// Marks where lanes may be apart because of jumps on what is not uniform.
bool Uniformity::markDivergentBranches(const ControlFlow &flow) {
  bool hasChanged = false;
  std::vector<bool> isReached;
  for (uint32_t number = 0; number < flow.blocks.size(); ++number) {
    const FlowBlock &block = flow.blocks[number];
    const ptx::Instruction *last = flow.terminator(block);
    if (!last || block.successors.size() < 2)
      continue;
    bool isUniformJump = last->opcode == Opcode::BrxIdx
                             ? isUniformRead(last->operands[0])
                             : isUniformRead(*last->guard);
    if (isUniformJump)
      continue;
    if (std::find(block.successors.begin(), block.successors.end(),
                  flow.exit()) != block.successors.end())
      hasEarlyReturn = true;
    std::vector<uint32_t> targets = block.successors;
    std::sort(targets.begin(), targets.end());
    targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
    // Lanes that return are not waited for.
    if (targets.back() == flow.exit())
      targets.pop_back();
    if (targets.size() < 2)
      continue;
    uint32_t meet = block.postDominator;
    isReached.assign(flow.blocks.size() + 1, false);
    for (uint32_t target : targets)
      isReached[target] = true;
    for (uint32_t i = targets.front(); i < meet && i < flow.exit(); ++i) {
      if (!isReached[i])
        continue;
      if (!isDivergent[i])
        isDivergent[i] = hasChanged = true;
      for (uint32_t successor : flow.blocks[i].successors)
        isReached[successor] = true;
      // Some lanes go round again, others wait behind the loop.
      if (flow.blocks[i].head)
        for (uint32_t j = *flow.blocks[i].head; j < i; ++j)
          if (!isDivergent[j])
            isDivergent[j] = hasChanged = true;
    }
  }
  return hasChanged;
}

/// Behind a loop in which lanes wait for each other, those that left it do not
/// wait for those that stay.
bool Uniformity::markBehindWaits(const ControlFlow &flow) {
  uint32_t first = flow.exit();
  for (const FlowLoop &loop : flow.loops) {
    if (!loop.mayWait || !isDivergent[loop.latch])
      continue;
    mayPass = true;
    const FlowLoop *outermost = &loop;
    while (outermost->parent)
      outermost = &flow.loops[*outermost->parent];
    first = std::min(first, outermost->head);
  }
  bool hasChanged = false;
  for (uint32_t i = first; i < flow.exit(); ++i)
    if (!isDivergent[i])
      isDivergent[i] = hasChanged = true;
  return hasChanged;
}

Uniformity Uniformity::of(const ptx::Function &function,
                          const ControlFlow &flow) {
  Uniformity result;
  result.function = &function;
  result.hasWholeRows =
      function.requiredThreads[0] && function.requiredThreads[0] % 32 == 0;
  result.isUniform.assign(function.registers.size(), true);
  result.isDivergent.assign(flow.blocks.size(), false);
  for (const ptx::Parameter &parameter : function.parameters)
    if (parameter.registerIndex)
      result.isUniform[*parameter.registerIndex] = false;
  for (bool hasChanged = true; hasChanged;) {
    hasChanged = result.markDivergentBranches(flow);
    hasChanged |= result.markBehindWaits(flow);
    for (uint32_t number = 0; number < flow.blocks.size(); ++number) {
      const FlowBlock &block = flow.blocks[number];
      for (uint32_t i = block.begin; i < block.end; ++i) {
        const ptx::Instruction &instruction = function.instructions[i];
        if (!result.isDivergent[number] && result.isUniformResult(instruction))
          continue;
        forEachWritten(instruction, function, [&](const Operand &operand) {
          if (result.isUniform[operand.index]) {
            result.isUniform[operand.index] = false;
            hasChanged = true;
          }
        });
      }
    }
  }
  return result;
}

} // namespace weft::cusim
