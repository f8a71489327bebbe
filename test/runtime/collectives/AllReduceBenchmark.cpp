//===- AllReduceBenchmark.cpp - The time of an all_reduce -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints microseconds for an all_reduce of f32 in shared memory, each rank on a
// thread: the median of many, once on the same data again and again, and once
// as a program does it: on sources that each rank has just written, with the
// time in which it reads the result.
//
//===----------------------------------------------------------------------===//

#include "RankFixture.h"

#include <algorithm>

using namespace weft;
using namespace weft::test;

namespace {
class Benchmark {
public:
  Benchmark(uint64_t ranks, uint64_t bytes)
      : mesh({{"tp", ranks}}), bytes(bytes),
        rounds(std::clamp<size_t>((64 << 20) / bytes, 20, 2000)) {
    for (unsigned rank = 0; rank != ranks; ++rank) {
      groups.push_back(&mesh.groups.find(rank, {"tp"}));
      sources.emplace_back(bytes / 4, 1.0f);
      destinations.emplace_back(bytes / 4);
    }
  }

  void print() {
    double again = median(false), fresh = median(true);
    printf("%5zu %10zu %12.2f %12.2f\n", mesh.size(),
           static_cast<size_t>(bytes), again, fresh);
  }

private:
  static Collective sum(uint64_t bytes) {
    uint64_t sizes[] = {bytes / 4};
    return *Collective::create(CollectiveKind::AllReduce, Reduction::Sum,
                               DataType::F32, sizes, 0, 0, 1, 1);
  }

  double median(bool isFresh) {
    const Collective collective = sum(bytes), nothing = sum(0);
    std::vector<double> times(rounds);
    Status status = mesh.run([&](unsigned rank) {
      std::vector<float> &source = sources[rank];
      std::vector<float> &destination = destinations[rank];
      for (size_t i = 0; i != rounds; ++i) {
        if (isFresh)
          std::fill(source.begin(), source.end(), static_cast<float>(i));
        // All begin together.
        WEFT_RETURN_IF_ERROR(groups[rank]->run(nothing, source.data(),
                                               destination.data(), nullptr));
        auto start = std::chrono::steady_clock::now();
        WEFT_RETURN_IF_ERROR(groups[rank]->run(collective, source.data(),
                                               destination.data(), nullptr));
        // Counting is many additions at a time; a greatest value would be one
        // comparison after the other, and take longer than the all_reduce.
        size_t wrong = 0;
        if (isFresh)
          for (float value : destination)
            wrong += value != static_cast<float>(i * mesh.size());
        if (wrong != 0)
          return Status::error("a wrong sum");
        if (rank == 0)
          times[i] = std::chrono::duration<double, std::micro>(
                         std::chrono::steady_clock::now() - start)
                         .count();
      }
      return Status::ok();
    });
    if (!status) {
      fprintf(stderr, "error: %s\n", status.message().c_str());
      exit(1);
    }
    std::sort(times.begin(), times.end());
    return times[rounds / 2];
  }

  Ranks mesh;
  const uint64_t bytes;
  const size_t rounds;
  std::vector<Group *> groups;
  std::vector<std::vector<float>> sources, destinations;
};
} // namespace

int main() {
  printf("all_reduce, f32, on %u CPUs\n%5s %10s %12s %12s\n",
         std::thread::hardware_concurrency(), "ranks", "bytes", "again us",
         "fresh us");
  for (uint64_t ranks : {2, 4})
    for (uint64_t bytes : {4 << 10, 64 << 10, 1 << 20, 16 << 20})
      Benchmark(ranks, bytes).print();
}
