//===- Barrier.h - One of a block's 16 barriers -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_BARRIER_H
#define RUNTIME_CUSIM_MACHINE_BARRIER_H

#include <cstdint>
#include <vector>

namespace weft::cusim {

struct Fiber;

/// As the hook numbers them.
enum class BarrierKind : uint8_t { Sync, Arrive, Popc, And, Or };

/// The state of a barrier between two completions.
struct Barrier {
  /// Strands that wait, in the order of arrival.
  std::vector<Fiber *> waiters;
  /// Strands that arrived, those of bar.arrive included.
  uint32_t arrivedStrands = 0;
  /// The threads that were asked for; 0: all of the block, or nobody came yet.
  uint32_t expected = 0;
  /// What arrived of `expected`. Warps count whole, as on hardware: lanes that
  /// do not exist, or ended, are added with the first lane of their warp.
  uint32_t arrivedThreads = 0;
  /// Width 1: warps that arrived, at least in part; which of their lanes, and
  /// at which instruction.
  uint32_t warps = 0;
  uint32_t lanes[32];
  uint32_t sites[32];
  uint32_t trueCount = 0;
  uint32_t falseCount = 0;

  bool isIdle() const { return arrivedStrands == 0; }
  void reset() {
    waiters.clear();
    arrivedStrands = expected = arrivedThreads = warps = 0;
    trueCount = falseCount = 0;
  }
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_BARRIER_H
