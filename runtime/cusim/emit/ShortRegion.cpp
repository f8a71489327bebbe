//===- ShortRegion.cpp - Branches that lanes soon come back from ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `if (i < n) x = a[i];`: where the lanes of a whole warp part for a few
// instructions, the blocks in between run one after the other for the lanes
// that want them, and the warp goes on whole. The chain of FunctionEmitter.h,
// with its words and its parked registers, is for all else.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/ShortRegion.h"

#include "runtime/cusim/emit/FunctionEmitter.h"

#include <map>

namespace weft::cusim {
namespace {
/// Each level of nested branches has a copy of what is inside.
constexpr size_t MaximumBlocks = 8;
constexpr uint32_t MaximumInstructions = 64;
} // namespace

std::optional<std::vector<uint32_t>>
findShortRegion(const ptx::Function &function, const ControlFlow &flow,
                uint32_t number) {
  uint32_t meet = flow.blocks[number].postDominator;
  std::vector<uint32_t> region;
  uint32_t instructions = 0;
  std::vector<bool> isReached(meet - number, false);
  auto reach = [&](const FlowBlock &block) {
    for (uint32_t successor : block.successors) {
      if (successor > meet)
        return false;
      if (successor < meet)
        isReached[successor - number] = true;
    }
    return true;
  };
  if (!reach(flow.blocks[number]))
    return std::nullopt;
  for (uint32_t i = number + 1; i < meet; ++i) {
    if (!isReached[i - number])
      continue;
    const FlowBlock &block = flow.blocks[i];
    instructions += block.end - block.begin;
    if (block.head || !reach(block) || region.size() == MaximumBlocks ||
        instructions > MaximumInstructions)
      return std::nullopt;
    for (uint32_t k = block.begin; k < block.end; ++k) {
      const ptx::Instruction &instruction = function.instructions[k];
      if (meetsOthers(instruction) || instruction.opcode == ptx::Opcode::Call ||
          instruction.opcode == ptx::Opcode::BrxIdx ||
          instruction.opcode == ptx::Opcode::Exit)
        return std::nullopt;
    }
    region.push_back(i);
  }
  return region;
}

/// Behind a jump that parts the lanes of a whole warp: false where it is not
/// the head of a short region.
bool FunctionEmitter::emitShortRegion(
    uint32_t number,
    llvm::ArrayRef<std::pair<uint32_t, llvm::Value *>> targets) {
  std::optional<std::vector<uint32_t>> region =
      findShortRegion(function, flow, number);
  if (!region)
    return false;
  uint32_t meet = flow.blocks[number].postDominator;
  // The lanes that wait for a block.
  std::map<uint32_t, llvm::Value *> lanesFor;
  auto sendTo = [&](uint32_t target, llvm::Value *lanes) {
    if (target == meet)
      return;
    llvm::Value *&all = lanesFor[target];
    all = all ? builder.CreateOr(all, lanes) : lanes;
  };
  for (auto [target, lanes] : targets)
    sendTo(target, lanes);
  for (uint32_t i : *region) {
    const FlowBlock &block = flow.blocks[i];
    llvm::BasicBlock *before = builder.GetInsertBlock();
    std::vector<llvm::Value *> sent;
    llvm::BasicBlock *inside = nullptr;
    emitIf(builder.CreateICmpNE(lanesFor.at(i), builder.getInt32(0)), [&] {
      mask = lanesFor.at(i);
      emitBlock(i);
      llvm::Value *left = mask;
      const ptx::Instruction *last = flow.terminator(block);
      if (block.successors.size() > 1 && last && last->guard) {
        sent.push_back(builder.CreateAnd(mask, toBits(readGuard())));
        left = builder.CreateAnd(mask, builder.CreateNot(sent[0]));
      }
      sent.push_back(left);
      inside = builder.GetInsertBlock();
    });
    mask = nullptr;
    if (failure)
      return true;
    for (llvm::Value *&lanes : sent) {
      llvm::PHINode *merged = builder.CreatePHI(builder.getInt32Ty(), 2);
      merged->addIncoming(lanes, inside);
      merged->addIncoming(builder.getInt32(0), before);
      lanes = merged;
    }
    for (size_t k = 0; k < sent.size(); ++k)
      sendTo(block.successors[k], sent[k]);
  }
  builder.CreateBr(full[meet]);
  return true;
}

} // namespace weft::cusim
