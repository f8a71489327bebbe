//===- RankFixture.h - Ranks on threads -------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_COLLECTIVES_RANKFIXTURE_H
#define TEST_RUNTIME_COLLECTIVES_RANKFIXTURE_H

#include "runtime/collectives/local/LocalGroups.h"

#include <gmock/gmock.h>

#include <functional>
#include <thread>

namespace weft::test {

/// The coordinates of all places of a mesh.
inline std::vector<std::vector<uint64_t>>
place(const std::vector<LocalGroups::Axis> &mesh) {
  std::vector<std::vector<uint64_t>> places = {{}};
  for (const LocalGroups::Axis &axis : mesh) {
    std::vector<std::vector<uint64_t>> longer;
    for (const std::vector<uint64_t> &place : places)
      for (uint64_t at = 0; at != axis.size; ++at) {
        longer.push_back(place);
        longer.back().push_back(at);
      }
    places = std::move(longer);
  }
  return places;
}
/// "rank 0", ...
inline std::vector<std::string>
namesOf(const std::vector<std::vector<uint64_t>> &places) {
  std::vector<std::string> names;
  for (size_t i = 0; i != places.size(); ++i)
    names.push_back("rank " + std::to_string(i));
  return names;
}

/// The ranks of a mesh, each on a thread of its own.
class Ranks {
public:
  explicit Ranks(std::vector<LocalGroups::Axis> mesh)
      : mesh(mesh), coordinates(place(mesh)),
        watchdog(namesOf(coordinates),
                 WaitPolicy::of(coordinates.size() >
                                std::thread::hardware_concurrency())),
        groups(mesh, coordinates, watchdog) {}

  size_t size() const { return coordinates.size(); }

  /// Runs `body` for each rank and gives the first error.
  Status run(const std::function<Status(unsigned)> &body, double timeout = 0) {
    groups.reset();
    watchdog.begin(timeout);
    std::vector<std::thread> threads;
    for (unsigned rank = 0; rank != size(); ++rank)
      threads.emplace_back([&, rank] {
        if (Status status = body(rank); !status)
          watchdog.fail(status);
        watchdog.end(rank);
      });
    for (std::thread &thread : threads)
      thread.join();
    return watchdog.error();
  }

  const std::vector<LocalGroups::Axis> mesh;
  const std::vector<std::vector<uint64_t>> coordinates;
  Watchdog watchdog;
  LocalGroups groups;
};

} // namespace weft::test

#endif // TEST_RUNTIME_COLLECTIVES_RANKFIXTURE_H
