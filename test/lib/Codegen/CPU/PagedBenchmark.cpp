//===- PagedBenchmark.cpp - Speed of attention to paged caches ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One thread, f16 caches. Each run attends to another part of a large pool, as
// the layers of a model do, so that decoding reads memory. The FLOP/s count the
// two products of what is seen only.
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/BenchmarkTiming.h"
#include "test/lib/Codegen/CPU/CPUKernels.h"
#include "test/lib/Codegen/Common/PagedCase.h"

#include "llvm/Support/Format.h"

using namespace weft;

namespace {

struct Shape {
  const char *name;
  int64_t heads, groups, size;
};

/// Memory of 64-byte alignment with small numbers in it.
class Buffer {
public:
  explicit Buffer(int64_t bytes)
      : data(static_cast<char *>(
            std::aligned_alloc(64, (bytes + 63) / 64 * 64 + 64))) {
    // 0.0078 as f16, 1e-19 as f32.
    std::fill_n(reinterpret_cast<uint16_t *>(data), bytes / 2, 0x2000);
  }
  Buffer(Buffer &&other) : data(std::exchange(other.data, nullptr)) {}
  Buffer &operator=(Buffer &&) = delete;
  ~Buffer() { std::free(data); }
  char *data;
};

} // namespace

static void benchmark(KernelRunner &runner, const PagedCase &shape,
                      llvm::ArrayRef<PagedSequence> step) {
  PagedTables tables(step, shape);
  llvm::ArrayRef<int64_t> sizes(tables.sizes);
  std::vector<Buffer> memory;
  std::vector<void *> buffers;
  for (const artifact::KernelBuffer &buffer : runner.kernel().buffers()) {
    memory.emplace_back(valueOf(buffer.least_bytes(), sizes));
    buffers.push_back(memory.back().data);
  }
  auto put = [&](int i, llvm::ArrayRef<int64_t> numbers) {
    std::copy(numbers.begin(), numbers.end(),
              reinterpret_cast<int32_t *>(memory[i].data));
  };
  put(3, tables.positions);
  put(4, tables.starts);
  put(6, tables.lengths);
  Buffer scratch(valueOf(runner.kernel().scratch_bytes(), sizes));
  uint32_t error = 0;
  WeftArgs args{buffers.data(), sizes.data(), &error};
  uint64_t items = valueOf(runner.kernel().items(), sizes);
  int64_t turn = 0;
  double seconds = measure([&] {
    std::vector<int64_t> table = tables.table;
    for (int64_t &block : table)
      block = (block + turn * int64_t(table.size())) % shape.blocks;
    ++turn;
    put(5, table);
    CPUKernels::of(runner).function(runner.kernel())(&args, 0, items,
                                                     scratch.data);
  });
  double keys = 0, bytes = 0;
  for (const PagedSequence &sequence : step) {
    for (int64_t i = 0; i < sequence.tokens; ++i)
      keys += sequence.length - i;
    bytes += double(sequence.length) * shape.groups * shape.depth * 4;
  }
  llvm::outs() << llvm::format(
      "  %8.1f us %6.1f GFLOP/s %5.1f GB/s", seconds * 1e6,
      keys * shape.heads * shape.depth * 4 / seconds / 1e9,
      bytes / seconds / 1e9);
}

int weft::benchmarkPagedAttention(const std::string &arch) {
  for (const Shape &model : {Shape{"SmolLM2-135M", 9, 3, 64},
                             {"Llama-3.2-1B", 32, 8, 64},
                             {"Qwen2.5-0.5B", 14, 2, 64},
                             {"Llama-3-8B", 32, 8, 128},
                             {"Phi-2", 32, 32, 80},
                             {"Phi-3-mini", 32, 32, 96},
                             {"Gemma-2-2B", 8, 4, 256}}) {
    PagedCase shape{.heads = model.heads,
                    .groups = model.groups,
                    .depth = model.size,
                    .width = model.size};
    // 128 MiB of keys and values.
    shape.blocks = (int64_t(128) << 20) / (model.groups * model.size * 64 * 4);
    KernelRunner runner(shape.attention(), arch);
    llvm::outs() << model.name << ", " << arch << "\n";
    for (auto [name, step] : std::initializer_list<
             std::pair<const char *, std::vector<PagedSequence>>>{
             {"decode at 64", {{1, 64}}},
             {"decode at 512", {{1, 512}}},
             {"decode at 2048", {{1, 2048}}},
             {"8 decode at 512", std::vector<PagedSequence>(8, {1, 512})},
             {"prompt of 512", {{512, 512}}},
             {"512 at 2048", {{512, 2048}}}}) {
      llvm::outs() << llvm::format("  %-16s", name);
      benchmark(runner, shape, step);
      llvm::outs() << "\n";
      llvm::outs().flush();
    }
  }
  return 0;
}
