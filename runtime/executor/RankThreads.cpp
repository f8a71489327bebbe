//===- RankThreads.cpp - A thread for each rank ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/RankThreads.h"
#include "runtime/base/Spin.h"

#include <csignal>
#include <sched.h>

using namespace weft;
using std::chrono::microseconds;

RankThreads::RankThreads(unsigned ranks, WaitPolicy policy,
                         std::function<void(unsigned)> body)
    : policy(policy), body(std::move(body)) {
  // Signals are for the program's own threads.
  sigset_t all, previous;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &previous);
  for (unsigned rank = 1; rank < ranks; ++rank)
    threads.emplace_back([this, rank] { loop(rank); });
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
}

RankThreads::~RankThreads() {
  stops = true;
  runs.fetch_add(1);
  runs.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

void RankThreads::loop(unsigned rank) {
  uint32_t seen = 0;
  while (true) {
    // The next request may follow at once.
    spinFor([&] { return runs.load(std::memory_order_acquire) != seen; },
            [&](auto waited) { return waited < policy.spins; });
    runs.wait(seen);
    // The next run comes only after this one is done, so none is missed.
    ++seen;
    if (stops)
      return;
    body(rank);
    busy.fetch_sub(1, std::memory_order_release);
  }
}

bool RankThreads::run(const std::function<bool()> &givesUp) {
  busy.store(static_cast<unsigned>(threads.size()), std::memory_order_relaxed);
  if (!threads.empty()) {
    runs.fetch_add(1);
    runs.notify_all();
  }
  body(0);
  auto isDone = [&] { return busy.load(std::memory_order_acquire) == 0; };
  spinFor(isDone, [&](auto waited) {
    if (waited > policy.spins + policy.yields)
      std::this_thread::sleep_for(microseconds(100));
    else if (waited > policy.spins)
      sched_yield();
    return !givesUp();
  });
  return isDone();
}
