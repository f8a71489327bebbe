//===- WorkerPool.cpp - Threads that share each launch --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cpu/WorkerPool.h"
#include "runtime/base/Spin.h"
#include "runtime/device/HostMemory.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sched.h>

using namespace weft;

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

WorkerPool::WorkerPool(unsigned count, unsigned cpus)
    : oversubscribed(count > cpus) {
  count = std::max(count, 1u);
  scratch.resize(count);
  // Signals are for the program's own threads.
  sigset_t all, previous;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &previous);
  for (unsigned worker = 1; worker < count; ++worker)
    threads.emplace_back([this, worker] { workerLoop(worker); });
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
}

WorkerPool::~WorkerPool() {
  stops = true;
  epoch.fetch_add(1);
  wakeSleepers();
  for (std::thread &thread : threads)
    thread.join();
}

Status WorkerPool::reserveScratch(uint64_t bytes) {
  if (bytes <= scratchBytes())
    return Status::ok();
  for (std::unique_ptr<Buffer> &buffer : scratch) {
    StatusOr<std::unique_ptr<Buffer>> memory = HostMemory::allocate(bytes);
    if (!memory)
      return memory.status();
    buffer = std::move(*memory);
  }
  return Status::ok();
}

uint64_t WorkerPool::scratchBytes() const {
  // The last one is replaced last.
  return scratch.back() ? scratch.back()->bytes() : 0;
}

void WorkerPool::wake() {
  if (threads.empty())
    return;
  isAwake = true;
  if (sleepers.load() != 0)
    wakeSleepers();
}

void WorkerPool::rest() { isAwake = false; }

void WorkerPool::wakeSleepers() {
  bell.fetch_add(1);
  bell.notify_all();
}

void WorkerPool::run(const Job &next) {
  if (next.items == 0)
    return;
  job = next;
  chunkCount = (next.items - 1) / next.chunk + 1;
  if (threads.empty() || chunkCount == 1) {
    void *memory = scratch[0] ? scratch[0]->address() : nullptr;
    job.kernel(job.args, 0, job.items, memory);
    return;
  }
  nextChunk.store(0, std::memory_order_relaxed);
  remaining.store(static_cast<unsigned>(threads.size()),
                  std::memory_order_relaxed);
  // Sequentially consistent with the sleepers' count: either the worker sees
  // this job before it sleeps, or this thread sees the sleeper.
  epoch.fetch_add(1);
  if (sleepers.load() != 0)
    wakeSleepers();
  work(0);
  spinFor([&] { return remaining.load(std::memory_order_acquire) == 0; },
          [&](Clock::duration waited) {
            if (waited > microseconds(oversubscribed ? 2 : 100))
              sched_yield();
            return true;
          });
}

void WorkerPool::work(unsigned worker) {
  void *memory = scratch[worker] ? scratch[worker]->address() : nullptr;
  auto runChunks = [&](uint64_t begin, uint64_t end) {
    if (begin < end)
      job.kernel(job.args, begin * job.chunk,
                 end == chunkCount ? job.items : end * job.chunk, memory);
  };
  if (!job.isDynamic) {
    // 128 bits, because a forged count times the worker may leave 64.
    auto share = [&](unsigned index) {
      return static_cast<uint64_t>(static_cast<unsigned __int128>(chunkCount) *
                                   index / size());
    };
    runChunks(share(worker), share(worker + 1));
    return;
  }
  // Half of this worker's part of what is left: neighbouring items share data,
  // and towards the end the ranges are short, so that workers end together.
  uint64_t first = nextChunk.load(std::memory_order_relaxed);
  while (first < chunkCount) {
    uint64_t count =
        std::max<uint64_t>(1, (chunkCount - first) / (2 * uint64_t(size())));
    if (!nextChunk.compare_exchange_weak(first, first + count,
                                         std::memory_order_relaxed))
      continue;
    runChunks(first, first + count);
    first = nextChunk.load(std::memory_order_relaxed);
  }
}

/// Returns true when there is a job after `seen`; false after sleeping.
bool WorkerPool::waitForJob(uint32_t seen) {
  auto hasJob = [&] { return epoch.load(std::memory_order_acquire) != seen; };
  bool found = spinFor(hasJob, [&](Clock::duration waited) {
    bool mayYield = waited > microseconds(oversubscribed ? 2 : 100);
    bool maySleep =
        waited > microseconds(50) &&
        (oversubscribed || !isAwake.load(std::memory_order_relaxed));
    if (!maySleep && mayYield)
      sched_yield();
    return !maySleep;
  });
  if (found)
    return true;
  uint32_t heard = bell.load();
  sleepers.fetch_add(1);
  // Looked at again after being counted: see `run` and `wake`.
  if (epoch.load() == seen && (oversubscribed || !isAwake.load()))
    bell.wait(heard);
  sleepers.fetch_sub(1);
  return hasJob();
}

void WorkerPool::workerLoop(unsigned worker) {
  uint32_t seen = 0;
  while (true) {
    while (!waitForJob(seen)) {
    }
    // The next job comes only after this one is done, so none is missed.
    ++seen;
    if (stops)
      return;
    work(worker);
    remaining.fetch_sub(1, std::memory_order_release);
  }
}
