//===- ControlFlow.h - Basic blocks in the order of execution ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The basic blocks of a function in a weak topological order (Bourdoncle,
// "Efficient chaotic iteration strategies with widenings", 1993): the blocks of
// a loop are neighbours, what follows the loop comes after it, and every jump
// backwards goes to the head of a loop around it. Graphs may be irreducible.
//
// Each loop ends with a latch, an empty block of ours through which all its
// jumps backwards go. So all edges lead forwards, except those from a latch to
// its head, and lanes of a warp that always run the waiting block of the lowest
// number meet again: at the latch within an iteration, after the loop when the
// last of them left it.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_CONTROLFLOW_H
#define RUNTIME_CUSIM_EMIT_CONTROLFLOW_H

#include "runtime/cusim/ptx/Module.h"
#include "weft/Status.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace weft::cusim {

struct FlowBlock {
  /// Instructions [begin, end); none in a latch.
  uint32_t begin = 0;
  uint32_t end = 0;
  /// Numbers of blocks, all greater than this one's, ControlFlow::exit()
  /// included. A conditional jump has the target first, then what follows;
  /// brx.idx has its list. A latch has the targets that leave its loop: where
  /// its lanes go in the end.
  std::vector<uint32_t> successors;
  /// Of a latch: the head that it jumps to.
  std::optional<uint32_t> head;
  /// The first block through which all paths from its successors lead, but for
  /// those that return at once; latches are taken as leaving their loop.
  uint32_t postDominator = 0;
  /// The innermost loop around it: an index in ControlFlow::loops.
  std::optional<uint32_t> loop;
};

/// Blocks [head, latch] and the loop around them.
struct FlowLoop {
  uint32_t head;
  uint32_t latch;
  std::optional<uint32_t> parent;
  /// Whether it may wait for another thread: it has an atomic, or a load that
  /// sees what others write.
  bool mayWait = false;
};

/// Whether other lanes or threads take part: barriers and collectives.
bool meetsOthers(const ptx::Instruction &instruction);
/// Whether all lanes of a warp must reach the barrier together: bar, and
/// barrier with .aligned.
bool isAlignedBarrier(const ptx::Instruction &instruction);

class ControlFlow {
public:
  /// In a text with loops that may wait, what meets other threads stands first
  /// in its block, so that lanes can be held before it.
  /// Blocks that cannot be reached are left out, as are those that do nothing
  /// but return: a jump to one is a jump to exit(). An error for a jump into
  /// nowhere and for loops nested too deeply.
  static StatusOr<ControlFlow> of(const ptx::Function &function);

  std::vector<FlowBlock> blocks;
  std::vector<FlowLoop> loops;
  /// The number of a block that stands for the end of the function.
  uint32_t exit() const { return blocks.size(); }
  /// The jump, ret or exit that ends the block, if there is one.
  const ptx::Instruction *terminator(const FlowBlock &block) const;
  /// Whether `outer` contains `inner`, or is it.
  bool contains(uint32_t outer, std::optional<uint32_t> inner) const;

private:
  const ptx::Function *function = nullptr;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_CONTROLFLOW_H
