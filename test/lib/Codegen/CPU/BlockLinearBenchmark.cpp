//===- BlockLinearBenchmark.cpp - Speed of quantized linear kernels -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   block-linear-bench [arch] [threads] [columns] [depth] [format ...]
//
// For each format, GB/s of weights with one row, read from as many copies of
// the weight as exceed the last cache, beside what plain reads of the same
// bytes reach in the same run; and GFLOP/s with more rows.
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/BlockLinearCase.h"
#include "test/lib/Codegen/CPU/CPUKernels.h"

#include "llvm/Support/Format.h"
#include <immintrin.h>
#include <sys/mman.h>
#include <thread>
#include <time.h>

using namespace weft;

namespace {
constexpr size_t footprint = size_t(400) << 20;

struct Memory {
  char *bytes;
  explicit Memory(size_t size) {
    bytes = static_cast<char *>(mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    madvise(bytes, size, MADV_HUGEPAGE);
  }
};

/// Seconds that this thread has computed.
double computed() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

/// The least seconds of five runs, each as long as the slowest thread computes:
/// while other programs have the processor, no time passes.
double measure(int threads, const std::function<void(int)> &run) {
  double least = 1e9;
  for (int i = 0; i < 5; ++i) {
    std::vector<double> seconds(threads);
    auto timed = [&](int thread) {
      double start = computed();
      run(thread);
      seconds[thread] = computed() - start;
    };
    std::vector<std::thread> others;
    for (int thread = 1; thread < threads; ++thread)
      others.emplace_back(timed, thread);
    timed(0);
    for (std::thread &other : others)
      other.join();
    least = std::min(least, *std::max_element(seconds.begin(), seconds.end()));
  }
  return least;
}

double readRate(const Memory &memory, int threads) {
  size_t part = footprint / threads / 512 * 512;
  double seconds = measure(threads, [&](int thread) {
    auto *from =
        reinterpret_cast<const __m128i *>(memory.bytes + thread * part);
    size_t quarter = part / 64;
    __m128i sum = _mm_setzero_si128();
    for (size_t i = 0; i < quarter; ++i)
      for (int stream = 0; stream < 4; ++stream)
        sum = _mm_xor_si128(sum, from[stream * quarter + i]);
    volatile int sink = _mm_cvtsi128_si32(sum);
    (void)sink;
  });
  return footprint / seconds / 1e9;
}

void benchmark(const BlockLinearCase &each, const std::string &arch,
               int threads, const Memory &memory) {
  KernelRunner runner(each.text(), arch);
  std::vector<uint8_t> weight = randomPackedBlocks(
      *blockFormatNamed(each.format), each.columns, each.depth, 7);
  size_t stride = llvm::alignTo(weight.size(), 64);
  size_t copies = footprint / stride;
  for (size_t i = 0; i < copies; ++i)
    std::memcpy(memory.bytes + i * stride, weight.data(), weight.size());
  llvm::outs() << llvm::format("%-7s", each.format.c_str());
  for (int64_t rows : {1, 2, 4, 8, 16, 64, 512}) {
    std::vector<float> input(rows * each.depth), residual(rows * each.columns),
        result(rows * each.columns);
    for (size_t i = 0; i < input.size(); ++i)
      input[i] = float(int(i * 7919 % 201)) - 100;
    uint64_t items = valueOf(runner.kernel().items(), {rows});
    size_t scratchBytes =
        llvm::alignTo(valueOf(runner.kernel().scratch_bytes(), {rows}), 64);
    std::vector<char *> scratch;
    for (int i = 0; i < threads; ++i)
      scratch.push_back(Memory(scratchBytes).bytes);
    size_t runs = rows <= 8 ? copies : std::max<size_t>(1, 64 / rows);
    double seconds = measure(threads, [&](int thread) {
      for (size_t i = 0; i < runs; ++i) {
        void *buffers[] = {input.data(), memory.bytes + i % copies * stride,
                           residual.data(), result.data()};
        uint32_t error = 0;
        WeftArgs args{buffers, &rows, &error};
        CPUKernels::of(runner).function(runner.kernel())(
            &args, items * thread / threads, items * (thread + 1) / threads,
            scratch[thread]);
      }
    });
    if (rows <= 8)
      llvm::outs() << llvm::format("  M=%d %.1f GB/s", int(rows),
                                   runs * weight.size() / seconds / 1e9);
    else
      llvm::outs() << llvm::format("  M=%d %.0f GFLOP/s", int(rows),
                                   2.0 * runs * rows * each.columns *
                                       each.depth / seconds / 1e9);
    for (char *bytes : scratch)
      munmap(bytes, scratchBytes);
  }
  llvm::outs() << "\n";
  llvm::outs().flush();
}
} // namespace

int main(int argc, char **argv) {
  std::string arch = argc > 1 ? argv[1] : "host";
  if (!canRun(arch))
    llvm::report_fatal_error("this machine cannot run that code");
  int threads = argc > 2 ? std::atoi(argv[2]) : 1;
  int64_t columns = argc > 3 ? std::atoi(argv[3]) : 2048;
  int64_t depth = argc > 4 ? std::atoi(argv[4]) : 2048;
  Memory memory(footprint);
  std::memset(memory.bytes, 1, footprint);
  llvm::outs() << arch << ", " << threads << " threads, N " << columns << ", K "
               << depth
               << llvm::format(": reads %.1f GB/s\n",
                               readRate(memory, threads));
  std::vector<std::string> formats(argv + std::min(argc, 5), argv + argc);
  if (formats.empty())
    for (const BlockFormatInfo &info : blockFormats())
      formats.emplace_back(info.name);
  for (const std::string &format : formats)
    benchmark({format, columns, depth}, arch, threads, memory);
  llvm::outs() << llvm::format("reads %.1f GB/s\n", readRate(memory, threads));
  return 0;
}
