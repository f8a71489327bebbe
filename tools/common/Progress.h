//===- Progress.h - A sign of life ------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_COMMON_PROGRESS_H
#define TOOLS_COMMON_PROGRESS_H

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>

namespace weft::tool {

/// Shows what a tool is at, and for how long, on stderr when that is a terminal
/// and the work takes more than a second. The line is gone before anything else
/// is printed: call `end` first.
class Progress {
public:
  explicit Progress(std::string work) : work(std::move(work)) {
    if (isatty(STDERR_FILENO))
      thread = std::thread([this] { show(); });
  }
  ~Progress() { end(); }

  /// Another kind of work begins.
  void next(std::string name) {
    std::lock_guard lock(mutex);
    work = std::move(name);
  }

  void end() {
    {
      std::lock_guard lock(mutex);
      isDone = true;
    }
    done.notify_one();
    if (thread.joinable())
      thread.join();
  }

private:
  void show() {
    std::unique_lock lock(mutex);
    int seconds = 0;
    while (
        !done.wait_for(lock, std::chrono::seconds(1), [&] { return isDone; }))
      std::fprintf(stderr, "\r\033[K%s, %d s", work.c_str(), ++seconds);
    if (seconds != 0)
      std::fputs("\r\033[K", stderr);
  }

  std::mutex mutex;
  std::condition_variable done;
  std::string work;
  bool isDone = false;
  std::thread thread;
};

} // namespace weft::tool

#endif // TOOLS_COMMON_PROGRESS_H
