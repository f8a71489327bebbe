//===- MatMulBenchmark.cpp - Speed of linear kernels ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   codegen-cpu-bench [arch] [f32|bf16|f16] [gelu]
//   codegen-cpu-bench paged [arch]
//
// One thread's GFLOP/s of linear kernels, beside the peak that independent
// multiply-adds in registers reach in the same run. Weights are the same in
// each run: small ones come from a cache.
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/BenchmarkTiming.h"
#include "test/lib/Codegen/CPU/CPUKernels.h"
#include "test/lib/Codegen/Common/KernelRunner.h"

#include "llvm/Support/Format.h"
#include <immintrin.h>

using namespace weft;

#define MULTIPLY_ADDS(type, operation, set)                                    \
  type sums[12], a = set(1.0f), b = set(1e-9f);                                \
  for (type &sum : sums)                                                       \
    sum = set(0.5f);                                                           \
  for (int i = 0; i < rounds; ++i) {                                           \
    for (type &sum : sums)                                                     \
      sum = operation(sum, a, b);                                              \
    asm volatile("" : "+m"(a));                                                \
  }                                                                            \
  float result = 0;                                                            \
  for (type &sum : sums)                                                       \
    result += sum[0];                                                          \
  return result

__attribute__((target("avx512f"))) static float wideRounds(int rounds) {
  MULTIPLY_ADDS(__m512, _mm512_fmadd_ps, _mm512_set1_ps);
}
__attribute__((target("avx2,fma"))) static float middleRounds(int rounds) {
  MULTIPLY_ADDS(__m256, _mm256_fmadd_ps, _mm256_set1_ps);
}

static double peakOf(llvm::StringRef arch) {
  constexpr int rounds = 1000000;
  bool wide = arch == "x86-64-v4";
  volatile float sink;
  double seconds =
      measure([&] { sink = wide ? wideRounds(rounds) : middleRounds(rounds); });
  return 2.0 * rounds * 12 * (wide ? 16 : 8) / seconds / 1e9;
}

static std::string linear(int64_t columns, int64_t depth,
                          const std::string &weights, bool gelu) {
  std::string n = std::to_string(columns), k = std::to_string(depth);
  std::string panels = std::to_string((columns + 15) / 16);
  std::string x = "tensor<?x" + k + "xf32>", y = "tensor<?x" + n + "xf32>";
  std::string w = "tensor<" + panels + "x" + k + "x16x" + weights + ">";
  std::string b = "tensor<" + n + "xf32>";
  return "func.func @linear_" + n + "_" + k + "(%x: " + x +
         " {llm.sizes = #llm.sizes<[s0, " + k + "]>}, %w: " + w +
         " {llm.sizes = #llm.sizes<[" + panels + ", " + k +
         ", 16]>}, %b: " + b + " {llm.sizes = #llm.sizes<[" + n + "]>}) -> " +
         y + " {\n  %y = llm.linear %x, %w bias %b panel 16 : " + x + ", " + w +
         ", " + b + " -> " + y + "\n" +
         (gelu ? "  %z = llm.gelu %y approximate none : " + y +
                     "\n  return %z : "
               : "  return %y : ") +
         y + "\n}\n";
}

int main(int argc, char **argv) {
  if (argc > 1 && argv[1] == std::string("paged"))
    return benchmarkPagedAttention(argc > 2 ? argv[2] : archsHere().back());
  std::string arch = argc > 1 ? argv[1] : archsHere().back();
  std::string weights = argc > 2 ? argv[2] : "f32";
  bool gelu = argc > 3;
  std::vector<std::pair<int64_t, int64_t>> shapes = {
      {384, 384}, {1536, 384}, {384, 1536}, {1152, 384}, {768, 3072}};
  std::string text;
  for (auto [columns, depth] : shapes)
    text += linear(columns, depth, weights, gelu);
  auto start = std::chrono::steady_clock::now();
  KernelRunner runner(text, arch);
  llvm::outs() << arch << " " << weights << ": compiled in "
               << llvm::format("%.2f s", secondsSince(start)) << ", peak "
               << llvm::format("%.1f GFLOP/s\n", peakOf(arch));
  for (auto [columns, depth] : shapes) {
    runner.select("linear_" + std::to_string(columns) + "_" +
                  std::to_string(depth));
    llvm::outs() << "N " << columns << " K " << depth << ":";
    WeftKernel function = CPUKernels::of(runner).function(runner.kernel());
    for (int64_t rows : {1, 8, 16, 32, 128, 1024}) {
      std::vector<float *> memory;
      for (const artifact::KernelBuffer &buffer : runner.kernel().buffers()) {
        int64_t bytes = valueOf(buffer.least_bytes(), {rows});
        memory.push_back(static_cast<float *>(
            std::aligned_alloc(64, (bytes + 63) / 64 * 64)));
        std::fill_n(memory.back(), bytes / 4, 0.5f);
      }
      void *scratch = std::aligned_alloc(
          64,
          (valueOf(runner.kernel().scratch_bytes(), {rows}) + 63) / 64 * 64);
      uint64_t items = valueOf(runner.kernel().items(), {rows});
      int64_t sizes[] = {rows};
      WeftArgs args{reinterpret_cast<void *const *>(memory.data()), sizes,
                    nullptr};
      double seconds = measure([&] { function(&args, 0, items, scratch); });
      llvm::outs() << llvm::format("  M=%d %.1f", int(rows),
                                   2.0 * rows * columns * depth / seconds /
                                       1e9);
      for (float *buffer : memory)
        std::free(buffer);
      std::free(scratch);
    }
    llvm::outs() << "\n";
  }
  return 0;
}
