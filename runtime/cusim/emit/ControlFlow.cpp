//===- ControlFlow.cpp - Basic blocks in the order of execution -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/ControlFlow.h"

#include "runtime/cusim/emit/LoopOrder.h"
#include "runtime/cusim/warp/Collective.h"

#include <algorithm>
#include <map>

namespace weft::cusim {
namespace {
using ptx::Opcode;

bool endsBlock(const ptx::Instruction &instruction) {
  return instruction.opcode == Opcode::Bra ||
         instruction.opcode == Opcode::BrxIdx ||
         instruction.opcode == Opcode::Ret ||
         instruction.opcode == Opcode::Exit;
}

Status errorAt(const ptx::Instruction &instruction, const std::string &text) {
  return Status::error(
      "line " + std::to_string(instruction.location.line) + ", column " +
      std::to_string(instruction.location.column) + ": " + text);
}

/// Sees what other threads write, so that a loop may wait for it.
bool seesOthers(const ptx::Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::Atom:
  case Opcode::MbarrierTestWait:
  case Opcode::MbarrierTryWait:
    return true;
  case Opcode::Ld:
    return instruction.has(ptx::Modifier::Volatile) ||
           instruction.has(ptx::Modifier::Relaxed) ||
           instruction.has(ptx::Modifier::Acquire) ||
           instruction.has(ptx::Modifier::Mmio);
  default:
    return false;
  }
}

/// Blocks in the order of the text; successors by that order.
class TextBlocks {
public:
  explicit TextBlocks(const ptx::Function &function) : function(function) {}

  Status split() {
    const std::vector<ptx::Instruction> &code = function.instructions;
    std::vector<bool> starts(code.size() + 1);
    starts[0] = true;
    for (const ptx::Label &label : function.labels)
      starts[std::min<size_t>(label.instruction, code.size())] = true;
    bool mayWait = std::any_of(code.begin(), code.end(), seesOthers);
    for (size_t i = 0; i < code.size(); ++i)
      if (mayWait && meetsOthers(code[i]))
        starts[i] = true;
    for (size_t i = 0; i < code.size(); ++i)
      // Behind a call may be fewer lanes than before.
      if (endsBlock(code[i]) || code[i].opcode == Opcode::Call)
        starts[i + 1] = true;
    blockAt.assign(code.size() + 1, 0);
    for (uint32_t i = 0; i < code.size(); ++i) {
      if (starts[i]) {
        blocks.emplace_back();
        blocks.back().begin = i;
      }
      blocks.back().end = i + 1;
      blockAt[i] = blocks.size() - 1;
    }
    blockAt[code.size()] = blocks.size();
    for (FlowBlock &block : blocks)
      WEFT_RETURN_IF_ERROR(findSuccessors(block));
    return Status::ok();
  }

  std::vector<FlowBlock> blocks;

private:
  const ptx::Function &function;
  /// The block of an instruction; the number of blocks at the end.
  std::vector<uint32_t> blockAt;

  /// `ret` in a function and `exit` in a kernel, alone in their block.
  bool isReturn(uint32_t number) const {
    if (number == blocks.size())
      return true;
    const FlowBlock &block = blocks[number];
    const ptx::Instruction &first = function.instructions[block.begin];
    return !first.guard && (first.opcode == Opcode::Ret ||
                            (first.opcode == Opcode::Exit && function.isEntry));
  }

  uint32_t target(uint32_t instruction) const {
    uint32_t number =
        blockAt[std::min<size_t>(instruction, function.instructions.size())];
    return isReturn(number) ? blocks.size() : number;
  }

  Status addLabel(FlowBlock &block, const ptx::Instruction &instruction,
                  uint32_t label) {
    if (label >= function.labels.size())
      return errorAt(instruction, "'" + instruction.text +
                                      "' jumps to a label that is not there");
    block.successors.push_back(target(function.labels[label].instruction));
    return Status::ok();
  }

  Status findSuccessors(FlowBlock &block) {
    const ptx::Instruction &last = function.instructions[block.end - 1];
    switch (last.opcode) {
    case Opcode::Bra:
      if (last.operands.empty() ||
          last.operands[0].kind != ptx::Operand::Kind::Label)
        return errorAt(last, "bra without a label");
      WEFT_RETURN_IF_ERROR(addLabel(block, last, last.operands[0].index));
      break;
    case Opcode::BrxIdx: {
      if (last.operands.size() != 2 || last.guard ||
          last.operands[1].kind != ptx::Operand::Kind::BranchTargets ||
          last.operands[1].index >= function.branchTargets.size())
        return errorAt(last, "brx.idx takes an index and a .branchtargets "
                             "list, and no guard");
      for (uint32_t label : function.branchTargets[last.operands[1].index])
        WEFT_RETURN_IF_ERROR(addLabel(block, last, label));
      if (block.successors.empty())
        return errorAt(last, "the .branchtargets list of brx.idx is empty");
      return Status::ok();
    }
    case Opcode::Ret:
    case Opcode::Exit:
      block.successors.push_back(blocks.size());
      break;
    default:
      block.successors.push_back(target(block.end));
      return Status::ok();
    }
    if (last.guard)
      block.successors.push_back(target(block.end));
    return Status::ok();
  }
};

} // namespace

bool meetsOthers(const ptx::Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::BarSync:
  case Opcode::BarArrive:
  case Opcode::BarRed:
  case Opcode::BarWarpSync:
  case Opcode::BarrierSync:
  case Opcode::BarrierArrive:
  case Opcode::BarrierRed:
  case Opcode::BarrierClusterArrive:
  case Opcode::BarrierClusterWait:
  case Opcode::Activemask:
    return true;
  default:
    return isCollective(instruction);
  }
}

bool isAlignedBarrier(const ptx::Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::BarSync:
  case Opcode::BarArrive:
  case Opcode::BarRed:
    return true;
  case Opcode::BarrierSync:
  case Opcode::BarrierArrive:
  case Opcode::BarrierRed:
    return instruction.has(ptx::Modifier::Aligned);
  default:
    return false;
  }
}

StatusOr<ControlFlow> ControlFlow::of(const ptx::Function &function) {
  TextBlocks text(function);
  WEFT_RETURN_IF_ERROR(text.split());
  ControlFlow flow;
  flow.function = &function;
  if (text.blocks.empty())
    return flow;

  std::vector<std::vector<uint32_t>> edges;
  for (const FlowBlock &block : text.blocks)
    edges.push_back(block.successors);
  StatusOr<LoopOrder> order = LoopOrder::of(edges);
  if (!order)
    return Status::error("line " + std::to_string(function.location.line) +
                         ": " + function.name + ": " + order.message());

  // Number the blocks anew. A jump backwards goes to its loop's latch.
  uint32_t exit = order->nodes.size();
  std::map<uint32_t, uint32_t> latchOfHead;
  for (const FlowLoop &loop : order->loops)
    latchOfHead[loop.head] = loop.latch;
  std::vector<uint32_t> number(text.blocks.size() + 1, exit);
  for (uint32_t i = 0; i < exit; ++i)
    if (order->nodes[i])
      number[*order->nodes[i]] = i;
  flow.loops = order->loops;
  flow.blocks.resize(exit);
  for (uint32_t i = 0; i < exit; ++i) {
    FlowBlock &block = flow.blocks[i];
    block.loop = order->loopOf[i];
    if (!order->nodes[i])
      continue;
    block.begin = text.blocks[*order->nodes[i]].begin;
    block.end = text.blocks[*order->nodes[i]].end;
    for (uint32_t successor : text.blocks[*order->nodes[i]].successors) {
      uint32_t next =
          successor == text.blocks.size() ? exit : number[successor];
      block.successors.push_back(next <= i ? latchOfHead.at(next) : next);
    }
  }
  for (const FlowBlock &block : flow.blocks)
    for (uint32_t i = block.begin; i < block.end; ++i)
      if (seesOthers(function.instructions[i]))
        for (std::optional<uint32_t> loop = block.loop; loop;
             loop = flow.loops[*loop].parent)
          flow.loops[*loop].mayWait = true;
  // Where a loop's lanes go in the end: every edge out of it.
  for (uint32_t i = 0; i < exit; ++i)
    if (order->nodes[i])
      for (uint32_t successor : flow.blocks[i].successors)
        for (std::optional<uint32_t> loop = flow.blocks[i].loop;
             loop && successor > flow.loops[*loop].latch;
             loop = flow.loops[*loop].parent)
          flow.blocks[flow.loops[*loop].latch].successors.push_back(successor);
  for (const FlowLoop &loop : flow.loops) {
    FlowBlock &latch = flow.blocks[loop.latch];
    latch.head = loop.head;
    if (latch.successors.empty())
      latch.successors.push_back(exit);
    std::sort(latch.successors.begin(), latch.successors.end());
    latch.successors.erase(
        std::unique(latch.successors.begin(), latch.successors.end()),
        latch.successors.end());
  }

  // All edges lead forwards: one pass from the end finds post-dominators.
  for (uint32_t i = exit; i-- > 0;) {
    FlowBlock &block = flow.blocks[i];
    std::optional<uint32_t> meet;
    for (uint32_t successor : block.successors) {
      if (successor == exit)
        continue;
      if (!meet)
        meet = successor;
      for (uint32_t other = successor; *meet != other;) {
        uint32_t &lower = *meet < other ? *meet : other;
        lower = flow.blocks[lower].postDominator;
      }
    }
    block.postDominator = meet.value_or(exit);
  }
  return flow;
}

const ptx::Instruction *ControlFlow::terminator(const FlowBlock &block) const {
  if (block.begin == block.end)
    return nullptr;
  const ptx::Instruction &last = function->instructions[block.end - 1];
  return endsBlock(last) ? &last : nullptr;
}

bool ControlFlow::contains(uint32_t outer,
                           std::optional<uint32_t> inner) const {
  while (inner && *inner != outer)
    inner = loops[*inner].parent;
  return inner.has_value();
}

} // namespace weft::cusim
