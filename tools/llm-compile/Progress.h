//===- Progress.h - Which phase runs, on a terminal ------------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_LLM_COMPILE_PROGRESS_H
#define TOOLS_LLM_COMPILE_PROGRESS_H

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace weft {

/// Shows the current phase and its time on stderr once work has taken a second;
/// nothing when stderr is no terminal.
class Progress {
public:
  Progress();
  ~Progress();
  void setPhase(std::string_view phase);

private:
  void run();

  std::chrono::steady_clock::time_point start;
  std::mutex mutex;
  std::condition_variable wake;
  std::string phase;
  bool isDone = false;
  std::thread thread;
};

} // namespace weft

#endif // TOOLS_LLM_COMPILE_PROGRESS_H
