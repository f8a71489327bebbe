//===- Waiting.cpp - Lanes that wait for other lanes of their warp --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A lane that holds a lock may wait behind the loop in which the other lanes
// try to take it. So lanes that turn in such a loop for a while are held at its
// head, and those behind it go on; when they are through, or come to a barrier,
// the held ones go on turning.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

namespace weft::cusim {
namespace {
/// Turns that lanes wait before others pass them.
constexpr uint32_t Patience = 32;
/// How often lanes before a barrier let those that are held go on. Then they
/// pass it: it may be what those wait for.
constexpr uint32_t MaximumYields = 64;
/// The same before a barrier that all lanes must reach together. They may wait
/// for many other blocks; in the end it is an error, and reported.
constexpr uint32_t MaximumYieldsToAll = 1 << 16;
} // namespace

void FunctionEmitter::makeWaiting() {
  auto makeCounter = [&](const char *name) {
    llvm::AllocaInst *counter = makeAlloca(builder.getInt32Ty(), name);
    builder.CreateStore(builder.getInt32(0), counter);
    return counter;
  };
  patience = makeCounter("patience");
  yields = makeCounter("yields");
  for (const FlowLoop &loop : flow.loops)
    held.push_back(loop.mayWait && uniformity.isDivergent[loop.latch]
                       ? makeCounter("held")
                       : nullptr);
}

llvm::Value *FunctionEmitter::anyHeld() {
  llvm::Value *lanes = builder.getInt32(0);
  for (llvm::AllocaInst *memory : held)
    if (memory)
      lanes = builder.CreateOr(
          lanes, builder.CreateLoad(builder.getInt32Ty(), memory));
  return lanes;
}

/// Ends the block with a jump to the first loop that may hold lanes.
void FunctionEmitter::releaseHeld() {
  uint32_t first = flow.exit();
  for (size_t i = 0; i < held.size(); ++i) {
    if (!held[i])
      continue;
    uint32_t head = flow.loops[i].head;
    send(head, builder.CreateLoad(builder.getInt32Ty(), held[i]));
    builder.CreateStore(builder.getInt32(0), held[i]);
    first = std::min(first, head);
  }
  builder.CreateBr(chain[first]);
  // What the caller emits behind is never reached.
  builder.SetInsertPoint(makeBlock("released"));
}

/// At a latch: lanes that have waited for long are held.
void FunctionEmitter::holdLanes(uint32_t loop, llvm::Value *lanes) {
  llvm::Value *count = builder.CreateAdd(
      builder.CreateLoad(builder.getInt32Ty(), patience), builder.getInt32(1));
  builder.CreateStore(count, patience);
  emitIf(
      builder.CreateICmpUGE(count, builder.getInt32(Patience)),
      [&] {
        builder.CreateStore(builder.getInt32(0), patience);
        llvm::Value *others =
            builder.CreateLoad(builder.getInt32Ty(), held[loop]);
        builder.CreateStore(builder.CreateOr(others, lanes), held[loop]);
        builder.CreateBr(chain[flow.loops[loop].latch + 1]);
        builder.SetInsertPoint(makeBlock("held"));
      },
      false);
}

/// Before a barrier: lanes that are held are to come here too.
void FunctionEmitter::standBack(bool isForAll) {
  llvm::Value *count = builder.CreateLoad(builder.getInt32Ty(), yields);
  llvm::Value *isPatient = builder.CreateAnd(
      builder.CreateICmpNE(anyHeld(), builder.getInt32(0)),
      builder.CreateICmpULT(
          count,
          builder.getInt32(isForAll ? MaximumYieldsToAll : MaximumYields)));
  emitIf(
      isPatient,
      [&] {
        builder.CreateStore(builder.CreateAdd(count, builder.getInt32(1)),
                            yields);
        // They keep waiting for this block.
        releaseHeld();
      },
      false);
  builder.CreateStore(builder.getInt32(0), yields);
}

} // namespace weft::cusim
