//===- ReadPeak.cpp - How fast weights can be read at most ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/llm-bench/ReadPeak.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

using namespace weft;
using namespace weft::tool;

using Clock = std::chrono::steady_clock;

namespace {
typedef uint64_t Line __attribute__((vector_size(64)));
// Several streams keep more of memory's banks and prefetchers busy than one.
constexpr size_t streams = 4;
} // namespace

/// Adds up whole cache lines, the streams in turn.
static uint64_t readAll(std::span<const uint8_t> bytes) {
  const auto *lines = reinterpret_cast<const Line *>(bytes.data());
  size_t length = bytes.size() / sizeof(Line) / streams;
  Line sums[streams] = {};
  for (size_t i = 0; i != length; ++i)
    for (size_t stream = 0; stream != streams; ++stream)
      sums[stream] += lines[stream * length + i];
  uint64_t total = 0;
  for (const Line &sum : sums)
    for (int lane = 0; lane != 8; ++lane)
      total += sum[lane];
  return total;
}

StatusOr<ReadPeak> ReadPeak::open(const std::string &artifact,
                                  bool copiesWeights) {
  namespace fs = std::filesystem;
  ReadPeak peak;
  std::error_code error;
  for (const auto &entry :
       fs::directory_iterator(artifact + "/weights", error)) {
    StatusOr<MappedFile> file = MappedFile::open(entry.path().string());
    if (!file)
      return file.status();
    std::span<const uint8_t> bytes = file->bytes();
    if (copiesWeights) {
      auto copy = HostMemory::allocate(bytes.size());
      if (!copy)
        return copy.status();
      std::memcpy((*copy)->address(), bytes.data(), bytes.size());
      bytes = {static_cast<const uint8_t *>((*copy)->address()), bytes.size()};
      peak.copies.push_back(std::move(*copy));
    } else {
      peak.files.push_back(std::move(*file));
    }
    peak.regions.push_back(bytes);
  }
  if (error)
    return Status::error(artifact + "/weights: " + error.message());
  return peak;
}

uint64_t ReadPeak::bytes() const {
  uint64_t total = 0;
  for (std::span<const uint8_t> region : regions)
    total += region.size();
  return total;
}

double ReadPeak::measure(unsigned threads) const {
  std::atomic<unsigned> ready = 0;
  std::atomic<uint64_t> sink = 0;
  auto work = [&](unsigned index) {
    ++ready;
    while (ready != threads)
      std::this_thread::yield();
    for (std::span<const uint8_t> region : regions) {
      size_t part = region.size() / threads / sizeof(Line) * sizeof(Line);
      sink += readAll(region.subspan(index * part, part));
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 1; i != threads; ++i)
    workers.emplace_back(work, i);
  Clock::time_point start = Clock::now();
  work(0);
  for (std::thread &worker : workers)
    worker.join();
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return static_cast<double>(bytes()) / seconds / 1e9;
}
