//===- Watchdog.h - The end of a process that hangs -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_LLM_RUN_WATCHDOG_H
#define TOOLS_LLM_RUN_WATCHDOG_H

#include "tools/common/RuntimeTool.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <unistd.h>

namespace weft::tool {

/// Ends the process a second after the timeout, for what does not look at it by
/// itself: a kernel, a slow disk. 0 is never.
class Watchdog {
public:
  explicit Watchdog(double timeout) : timeout(timeout) {
    restart();
    if (timeout > 0)
      thread = std::thread([this] { watch(); });
  }
  ~Watchdog() {
    {
      std::lock_guard lock(mutex);
      isDone = true;
    }
    changed.notify_one();
    if (thread.joinable())
      thread.join();
  }

  /// Something else begins, which has the whole time again.
  void restart() {
    setEnd(Clock::now() +
           std::chrono::duration_cast<Clock::duration>(
               std::chrono::duration<double>(std::min(timeout, 1e6) + 1)));
  }

  /// The process waits for its user, whose time does not count, until restart.
  void pause() { setEnd(std::nullopt); }

private:
  using Clock = std::chrono::steady_clock;

  void setEnd(std::optional<Clock::time_point> time) {
    {
      std::lock_guard lock(mutex);
      end = time;
    }
    changed.notify_one();
  }

  void watch() {
    std::unique_lock lock(mutex);
    while (!isDone) {
      if (!end)
        changed.wait(lock);
      else if (Clock::now() < *end)
        // A copy: the end may change meanwhile.
        changed.wait_until(lock, Clock::time_point(*end));
      else
        _exit(fail("stopped after " + std::to_string(timeout) +
                   " seconds; raise --timeout if it needs more"));
    }
  }

  const double timeout;
  std::optional<Clock::time_point> end; // none while the process waits
  std::mutex mutex;
  std::condition_variable changed;
  bool isDone = false;
  std::thread thread;
};

} // namespace weft::tool

#endif // TOOLS_LLM_RUN_WATCHDOG_H
