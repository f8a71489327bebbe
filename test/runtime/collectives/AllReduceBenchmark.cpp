//===- AllReduceBenchmark.cpp - The time of an all_reduce -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints microseconds for an all_reduce of f32 in shared memory: the median and
// the tenth percentile of many, each rank on a thread.
//
//===----------------------------------------------------------------------===//

#include "RankFixture.h"

#include <algorithm>

using namespace weft;
using namespace weft::test;

static void measure(uint64_t ranks, uint64_t bytes) {
  Ranks mesh({{"tp", ranks}});
  std::vector<Group *> groups;
  std::vector<std::vector<float>> sources, destinations;
  for (unsigned rank = 0; rank != ranks; ++rank) {
    groups.push_back(&mesh.groups.find(rank, {"tp"}));
    sources.emplace_back(bytes / 4, 1.0f);
    destinations.emplace_back(bytes / 4);
  }
  uint64_t sizes[] = {bytes / 4};
  auto collective =
      *Collective::create(CollectiveKind::AllReduce, Reduction::Sum,
                          DataType::F32, sizes, 0, 0, 1, 1);
  size_t rounds = std::clamp<size_t>((64 << 20) / bytes, 20, 2000);
  std::vector<double> times(rounds);
  Status status = mesh.run([&](unsigned rank) {
    for (size_t i = 0; i != rounds; ++i) {
      auto start = std::chrono::steady_clock::now();
      WEFT_RETURN_IF_ERROR(groups[rank]->run(collective, sources[rank].data(),
                                             destinations[rank].data()));
      if (rank == 0)
        times[i] = std::chrono::duration<double, std::micro>(
                       std::chrono::steady_clock::now() - start)
                       .count();
    }
    return Status::ok();
  });
  if (!status) {
    fprintf(stderr, "error: %s\n", status.message().c_str());
    return;
  }
  std::sort(times.begin(), times.end());
  printf("%5zu %10zu %12.2f %12.2f\n", static_cast<size_t>(ranks),
         static_cast<size_t>(bytes), times[rounds / 2], times[rounds / 10]);
}

int main() {
  printf("all_reduce, f32, on %u CPUs\n%5s %10s %12s %12s\n",
         std::thread::hardware_concurrency(), "ranks", "bytes", "median us",
         "10th % us");
  for (uint64_t ranks : {2, 4})
    for (uint64_t bytes : {4 << 10, 64 << 10, 1 << 20, 16 << 20})
      measure(ranks, bytes);
}
