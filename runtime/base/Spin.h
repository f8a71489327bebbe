//===- Spin.h - Waiting without sleeping ------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_SPIN_H
#define RUNTIME_BASE_SPIN_H

#include <chrono>

namespace weft {

/// Tells the processor that this thread spins.
inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Spins for `condition`, looking at the clock only now and then. Calls
/// `tick(elapsed)` at those times and gives up when it returns false.
template <typename Condition, typename Tick>
bool spinFor(Condition condition, Tick tick) {
  for (int i = 0; i != 64; ++i) {
    if (condition())
      return true;
    relax();
  }
  auto start = std::chrono::steady_clock::now();
  while (true) {
    if (!tick(std::chrono::steady_clock::now() - start))
      return false;
    for (int i = 0; i != 32; ++i) {
      if (condition())
        return true;
      relax();
    }
  }
}

} // namespace weft

#endif // RUNTIME_BASE_SPIN_H
