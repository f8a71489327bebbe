//===- Watchdog.h - The end of a process that hangs -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_LLMRUN_WATCHDOG_H
#define TOOLS_LLMRUN_WATCHDOG_H

#include "tools/common/RuntimeTool.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace weft::tool {

/// Ends the process a second after the timeout, for what does not look at it by
/// itself: a kernel, a slow disk. 0 is never.
class Watchdog {
public:
  explicit Watchdog(double timeout) {
    if (timeout > 0)
      thread = std::thread([this, timeout] { watch(timeout); });
  }
  ~Watchdog() {
    {
      std::lock_guard lock(mutex);
      isDone = true;
    }
    done.notify_one();
    if (thread.joinable())
      thread.join();
  }

private:
  void watch(double timeout) {
    std::unique_lock lock(mutex);
    auto grace = std::chrono::duration<double>(std::min(timeout, 1e6) + 1);
    if (done.wait_for(lock, grace, [&] { return isDone; }))
      return;
    _exit(fail("stopped after " + std::to_string(timeout) +
               " seconds; raise --timeout if it needs more"));
  }

  std::mutex mutex;
  std::condition_variable done;
  bool isDone = false;
  std::thread thread;
};

} // namespace weft::tool

#endif // TOOLS_LLMRUN_WATCHDOG_H
