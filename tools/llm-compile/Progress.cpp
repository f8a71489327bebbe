//===- Progress.cpp - Which phase runs, on a terminal ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/llm-compile/Progress.h"

#include <cstdio>
#include <unistd.h>

using namespace weft;

Progress::Progress() : start(std::chrono::steady_clock::now()) {
  if (isatty(STDERR_FILENO))
    thread = std::thread([this] { run(); });
}

Progress::~Progress() {
  if (!thread.joinable())
    return;
  {
    std::lock_guard lock(mutex);
    isDone = true;
  }
  wake.notify_one();
  thread.join();
}

void Progress::setPhase(std::string_view name) {
  std::lock_guard lock(mutex);
  phase = name;
}

void Progress::run() {
  using namespace std::chrono_literals;
  std::unique_lock lock(mutex);
  bool shown = false;
  for (auto pause = 1000ms; !wake.wait_for(lock, pause, [&] { return isDone; });
       pause = 200ms) {
    std::chrono::duration<double> spent =
        std::chrono::steady_clock::now() - start;
    std::fprintf(stderr, "\r\033[K%.1f s  %s", spent.count(), phase.c_str());
    shown = true;
  }
  if (shown)
    std::fputs("\r\033[K", stderr);
}
