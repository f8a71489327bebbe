//===- RankThreads.h - A thread for each rank -------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_EXECUTOR_RANKTHREADS_H
#define RUNTIME_EXECUTOR_RANKTHREADS_H

#include "runtime/collectives/Watchdog.h"

#include <functional>
#include <thread>

namespace weft {

/// Threads for all ranks but the first, which runs on the caller's. They sleep
/// between runs.
class RankThreads {
public:
  /// `body` is given the rank.
  RankThreads(unsigned ranks, WaitPolicy policy,
              std::function<void(unsigned)> body);
  /// Waits for the threads; to be leaked after a run that gave up.
  ~RankThreads();

  /// Runs `body` for each rank. Returns when all are done, or false when
  /// `givesUp` is true before: then some rank still runs, and this object may
  /// not be used again.
  bool run(const std::function<bool()> &givesUp);

private:
  void loop(unsigned rank);

  const WaitPolicy policy;
  const std::function<void(unsigned)> body;
  std::vector<std::thread> threads;
  alignas(64) std::atomic<uint32_t> runs = 0; // what threads sleep on
  alignas(64) std::atomic<unsigned> busy = 0;
  std::atomic<bool> stops = false;
};

} // namespace weft

#endif // RUNTIME_EXECUTOR_RANKTHREADS_H
