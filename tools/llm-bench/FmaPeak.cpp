//===- FmaPeak.cpp - What the processor can do at most --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/llm-bench/FmaPeak.h"
#include "runtime/artifact/CpuFeatures.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

using namespace weft;

using Clock = std::chrono::steady_clock;

namespace {
// The shape of a matrix kernel's inner loop: 6 rows times 2 vectors, 12
// accumulators, which hide the latency of two multiply-add units.
constexpr int rows = 6, columns = 2, depth = 64;

template <typename Vector>
inline __attribute__((always_inline)) float
multiplyAdd(const float *left, const Vector *right, uint64_t repeats) {
  Vector sums[rows][columns] = {};
  for (uint64_t repeat = 0; repeat != repeats; ++repeat) {
    // The compiler may not see that every repeat adds the same.
    __asm__ volatile("" : "+r"(left), "+r"(right) : : "memory");
    for (int k = 0; k != depth; ++k) {
      Vector first = right[2 * k], second = right[2 * k + 1];
#pragma clang loop unroll(full)
      for (int row = 0; row != rows; ++row) {
        float factor = left[rows * k + row];
        sums[row][0] += factor * first;
        sums[row][1] += factor * second;
      }
    }
  }
  float total = 0;
  for (auto &row : sums)
    for (Vector &sum : row)
      total += sum[0];
  return total;
}

typedef float Vector128 __attribute__((vector_size(16)));
typedef float Vector256 __attribute__((vector_size(32)));
typedef float Vector512 __attribute__((vector_size(64)));

float loop128(const float *left, const void *right, uint64_t repeats) {
  return multiplyAdd(left, static_cast<const Vector128 *>(right), repeats);
}
__attribute__((target("avx2,fma"))) float
loop256(const float *left, const void *right, uint64_t repeats) {
  return multiplyAdd(left, static_cast<const Vector256 *>(right), repeats);
}
__attribute__((target("avx512f"))) float
loop512(const float *left, const void *right, uint64_t repeats) {
  return multiplyAdd(left, static_cast<const Vector512 *>(right), repeats);
}

struct Loop {
  float (*run)(const float *, const void *, uint64_t);
  int lanes;
};
} // namespace

static Loop widestLoop() {
  if (hasCpuFeature("avx512f"))
    return {loop512, 16};
  if (hasCpuFeature("avx2") && hasCpuFeature("fma"))
    return {loop256, 8};
  return {loop128, 4};
}

double tool::measureFmaPeak(unsigned threads) {
  Loop loop = widestLoop();
  // Short rounds: on a busy machine some of them run undisturbed.
  constexpr int rounds = 40;
  constexpr auto roundTime = std::chrono::milliseconds(3);
  std::vector<double> best(threads);
  std::atomic<unsigned> ready = 0;
  auto work = [&](unsigned index) {
    alignas(64) float left[rows * depth], right[columns * depth * 16];
    std::fill(std::begin(left), std::end(left), 1e-3f);
    std::fill(std::begin(right), std::end(right), 1e-3f);
    volatile float sink = 0;
    ++ready;
    while (ready != threads)
      std::this_thread::yield();
    for (int round = 0; round != rounds; ++round) {
      uint64_t repeats = 0;
      Clock::time_point start = Clock::now(), now = start;
      for (; now - start < roundTime; now = Clock::now(), repeats += 64)
        sink = sink + loop.run(left, right, 64);
      double seconds = std::chrono::duration<double>(now - start).count();
      best[index] =
          std::max(best[index], double(repeats) * depth * rows * columns *
                                    loop.lanes * 2 / seconds / 1e9);
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 1; i != threads; ++i)
    workers.emplace_back(work, i);
  work(0);
  for (std::thread &worker : workers)
    worker.join();
  double total = 0;
  for (double one : best)
    total += one;
  return total;
}
