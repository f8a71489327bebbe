//===- WorkerPool.h - Threads that share each launch ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CPU_WORKERPOOL_H
#define RUNTIME_DEVICE_CPU_WORKERPOOL_H

#include "weft/Status.h"
#include "weft/kernel_abi.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace weft {

class Buffer;

/// Runs one launch after another on a fixed number of threads, the caller's
/// among them. Waking a sleeping thread takes about 40 us, a spinning one 0.2
/// us; so between `wake` and `rest` workers spin for the next launch, and sleep
/// soon after `rest`. When there are more workers than CPUs a spinning one
/// would hold up the one it waits for: then they yield after 2 us and sleep
/// after 50.
class WorkerPool {
public:
  /// `threads` counts the caller's; `cpus` are those available to the process.
  WorkerPool(unsigned threads, unsigned cpus);
  ~WorkerPool();

  unsigned size() const { return static_cast<unsigned>(threads.size()) + 1; }

  struct Job {
    WeftKernel kernel = nullptr;
    const WeftArgs *args = nullptr;
    uint64_t items = 0;
    uint64_t chunk = 1;
    bool isDynamic = false;
  };

  /// Returns when all items are done. Every range a kernel sees starts on a
  /// multiple of the chunk. One thread at a time may call it.
  void run(const Job &job);

  /// Gives each worker `bytes` of scratch memory; not during `run`.
  Status reserveScratch(uint64_t bytes);
  uint64_t scratchBytes() const;

  void wake();
  void rest();

private:
  void workerLoop(unsigned worker);
  void work(unsigned worker);
  bool waitForJob(uint32_t seen);
  void wakeSleepers();

  Job job;
  uint64_t chunkCount = 0;
  const bool oversubscribed;
  std::vector<std::unique_ptr<Buffer>> scratch;
  std::vector<std::thread> threads;

  // Each on its own cache line: they are written by different threads.
  alignas(64) std::atomic<uint32_t> epoch = 0; // counts jobs
  alignas(64) std::atomic<uint64_t> nextChunk = 0;
  alignas(64) std::atomic<unsigned> remaining = 0; // workers still busy
  alignas(64) std::atomic<uint32_t> bell = 0;      // what sleepers wait on
  std::atomic<unsigned> sleepers = 0;
  std::atomic<bool> isAwake = false;
  std::atomic<bool> stops = false;
};

} // namespace weft

#endif // RUNTIME_DEVICE_CPU_WORKERPOOL_H
