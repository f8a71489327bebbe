//===- Trace.h - A timeline of what ran -------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_TRACE_H
#define RUNTIME_BASE_TRACE_H

#include "weft/Status.h"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Collects spans of time and writes them in the Trace Event Format (JSON) that
/// Perfetto and chrome://tracing show. Any thread may add spans.
class Trace {
public:
  using Clock = std::chrono::steady_clock;

  struct Span {
    std::string name;     // the kernel or command
    std::string category; // the kernel's family, or the kind of command
    std::string node;     // the model's node it comes from
    std::string track;    // the device
    Clock::time_point begin, end;
    double flops = 0;
  };

  void add(Span span);
  size_t size() const;

  /// The whole file. Times count from the first span, in microseconds.
  std::string json() const;
  Status write(const std::string &path) const;

private:
  mutable std::mutex mutex;
  std::vector<Span> spans;
};

} // namespace weft

#endif // RUNTIME_BASE_TRACE_H
