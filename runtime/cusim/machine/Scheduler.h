//===- Scheduler.h - Cores of the host --------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The thread that launches runs units itself, so that a small launch costs no
// hand-over. Helpers, one for each further core of the host, sleep until a
// launch that is worth it calls them, and stay for the next one.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_SCHEDULER_H
#define RUNTIME_CUSIM_MACHINE_SCHEDULER_H

#include "runtime/cusim/machine/Core.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace weft::cusim {

/// One a process.
class Scheduler {
public:
  static Scheduler &get();
  /// Ends what still runs: a process can exit while a kernel loops for ever.
  ~Scheduler();

  /// Runs all units of a launch, on `cores` cores at most; 0: on all.
  /// `unitNanoseconds` is what a unit took when the kernel ran last (0:
  /// unknown), and is set to what it took now.
  void run(Launch &launch, unsigned cores, double &unitNanoseconds);

private:
  /// A launch that helpers may join.
  struct Offer {
    Launch *launch;
    unsigned wantedHelpers;
    unsigned activeHelpers = 0;
  };

  std::unique_ptr<Core> takeCore();
  void giveBackCore(std::unique_ptr<Core> core);
  void callHelpers(Offer &offer);
  void dismissHelpers(Offer &offer);
  void help();

  std::mutex mutex;
  std::condition_variable wakeUp, done;
  std::vector<std::unique_ptr<Core>> cores;
  unsigned coreCount = 0;
  std::vector<std::thread> helpers;
  std::deque<Offer *> offers;
  std::vector<Launch *> running;
  bool isEnding = false;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_SCHEDULER_H
