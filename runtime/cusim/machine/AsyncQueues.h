//===- AsyncQueues.h - Operations of a block under way ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_ASYNCQUEUES_H
#define RUNTIME_CUSIM_MACHINE_ASYNCQUEUES_H

#include "runtime/cusim/machine/Async.h"
#include "runtime/cusim/machine/Random.h"

#include <cstdint>
#include <deque>
#include <vector>

namespace weft::cusim {

class Block;

/// The groups of one lane, oldest first.
struct AsyncGroups {
  struct Entry {
    PendingOperation operation;
    /// Number of its group, counted from the lane's first.
    uint64_t group;
  };
  std::deque<Entry> entries;
  uint64_t openGroup = 0;
  /// Entries that are done, since the block began.
  uint64_t performed = 0;
};

struct AsyncQueues {
  /// [queue][lane of the block]; empty until something is started.
  std::vector<AsyncGroups> lanes[2];
  /// Those that complete behind an mbarrier, by the strand that started them.
  struct BlockEntry {
    PendingOperation operation;
    Strand *strand;
  };
  std::deque<BlockEntry> blockOperations;
  /// By warp; empty until there is one.
  std::vector<WarpProducts> products;
  bool isUsed = false;

  /// Performs one of blockOperations: the oldest, or any.
  void performOne(Random *random);
  /// What nobody waited for happens at the end of the block.
  void performAll(Block &block);
  void clear();
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_ASYNCQUEUES_H
