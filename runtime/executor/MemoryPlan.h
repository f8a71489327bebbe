//===- MemoryPlan.h - Temporary buffers share memory ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_EXECUTOR_MEMORYPLAN_H
#define RUNTIME_EXECUTOR_MEMORYPLAN_H

#include "runtime/executor/Program.h"

namespace weft {

/// Which temporary buffers of a program may lie at the same place: those of
/// which one is last used before the other is first used, in the partial order
/// that queues, signals and waits give. Commands inside `if` and `while` count
/// as one with the outermost command around them, and events inside order
/// nothing.
class Lifetimes {
public:
  /// Fails on programs of an absurd size.
  static StatusOr<Lifetimes> of(const ProgramVariant &variant);

  /// The buffers that are packed: temporary, of a size known before the program
  /// runs.
  const std::vector<uint32_t> &packed() const { return buffers; }
  /// Whether packed()[lhs] and packed()[rhs] must be apart.
  bool overlap(size_t lhs, size_t rhs) const {
    return !isBefore(lhs, rhs) && !isBefore(rhs, lhs);
  }

  struct Packing {
    std::vector<uint64_t> offsets; // of packed(), multiples of 64
    uint64_t bytes = 0;
  };
  /// Places buffers of these sizes, large ones first, each at the lowest
  /// offset.
  StatusOr<Packing> pack(const std::vector<uint64_t> &sizes) const;

private:
  struct Access {
    uint32_t queue, first, last; // positions, counted from 1
  };
  bool isBefore(size_t lhs, size_t rhs) const;
  /// The last position on `queue` known to be done when (position, of) starts.
  uint32_t reached(uint32_t position, uint32_t of, uint32_t queue) const;

  uint32_t queues = 1;
  std::vector<uint32_t> buffers;
  std::vector<std::vector<Access>> accesses; // of each packed buffer
  /// For position p and queue q: clocks[(p * queues + q) * queues ...].
  std::vector<uint32_t> clocks;
};

} // namespace weft

#endif // RUNTIME_EXECUTOR_MEMORYPLAN_H
