//===- AttentionBenchmark.cpp - Time of attention kernels -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One thread; the FLOP/s count the two products only.
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/CPUKernels.h"
#include "test/lib/Codegen/Common/AttentionCase.h"

#include <benchmark/benchmark.h>

using namespace weft;

static void attention(benchmark::State &state, const std::string &arch,
                      AttentionCase shape) {
  static std::map<std::string, std::unique_ptr<KernelRunner>> runners;
  std::unique_ptr<KernelRunner> &runner = runners[arch + shape.text()];
  if (!runner)
    runner = std::make_unique<KernelRunner>(shape.text(), arch);
  std::vector<int64_t> sizes{state.range(0), state.range(1), state.range(1)};
  std::vector<KernelRunner::Floats> memory;
  for (const artifact::KernelBuffer &buffer : runner->kernel().buffers())
    memory.emplace_back(valueOf(buffer.least_bytes(), sizes) / 4 + 16, 0.5f);
  std::vector<void *> buffers;
  for (KernelRunner::Floats &floats : memory)
    buffers.push_back(llvm::alignAddr(floats.data(), llvm::Align(64)) -
                      reinterpret_cast<uintptr_t>(floats.data()) +
                      reinterpret_cast<char *>(floats.data()));
  GuardedMemory scratch(valueOf(runner->kernel().scratch_bytes(), sizes));
  uint32_t error = 0;
  WeftArgs args{buffers.data(), sizes.data(), &error};
  uint64_t items = valueOf(runner->kernel().items(), sizes);
  WeftKernel kernel = CPUKernels::of(*runner).function(runner->kernel());
  for (auto _ : state)
    kernel(&args, 0, items, scratch.floats());
  double flops = 2.0 * sizes[0] * sizes[1] * sizes[2] * shape.heads *
                 (shape.depth + shape.width);
  state.counters["FLOP/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

int main(int argc, char **argv) {
  AttentionCase miniLM{.heads = 12,
                       .groups = 12,
                       .depth = 32,
                       .width = 32,
                       .mask = {"s0", "1", "1", "s2"}};
  AttentionCase bert = miniLM;
  bert.depth = bert.width = 64;
  AttentionCase rowMask = miniLM;
  rowMask.mask = {"s0", "1", "s1", "s2"};
  AttentionCase causal = bert;
  causal.mask = {}, causal.causal = true;
  for (const char *arch : {"x86-64-v3", "x86-64-v4"}) {
    if (!canRun(arch))
      continue;
    for (auto [name, shape] :
         {std::pair("MiniLM", miniLM), std::pair("BERT", bert),
          std::pair("MiniLM-row-mask", rowMask),
          std::pair("BERT-causal", causal)})
      benchmark::RegisterBenchmark((std::string(arch) + "/" + name).c_str(),
                                   [=, shape = shape](benchmark::State &state) {
                                     attention(state, arch, shape);
                                   })
          ->Args({1, 16})
          ->Args({1, 128})
          ->Args({8, 128})
          ->Args({32, 64})
          ->Args({2, 512})
          ->Unit(benchmark::kMicrosecond)
          ->MinTime(0.2);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
