//===- BenchmarkTiming.h - Times of kernels ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_CPU_BENCHMARKTIMING_H
#define TEST_LIB_CODEGEN_CPU_BENCHMARKTIMING_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include <chrono>
#include <string>

namespace weft {

inline double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

/// The least time of several runs, in seconds.
inline double measure(llvm::function_ref<void()> run) {
  run();
  double least = 1e9, total = 0;
  for (int count = 0; total < 0.15 || count < 5; ++count) {
    auto start = std::chrono::steady_clock::now();
    run();
    double seconds = secondsSince(start);
    least = std::min(least, seconds);
    total += seconds;
  }
  return least;
}

/// Prints the times of attention to paged caches; gives an exit status.
int benchmarkPagedAttention(const std::string &arch);

} // namespace weft

#endif // TEST_LIB_CODEGEN_CPU_BENCHMARKTIMING_H
