//===- RankMesh.h - Which ranks form groups ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_RANKMESH_H
#define RUNTIME_COLLECTIVES_RANKMESH_H

#include <cstdint>
#include <string>
#include <vector>

namespace weft {

/// The ranks that agree on all coordinates but those of some axes.
struct RankGroup {
  std::vector<uint64_t> axes;  // sizes, major to minor
  std::string label;           // "[dp, tp]"
  std::vector<unsigned> ranks; // by position
  size_t size() const { return ranks.size(); }
  /// Of one of the ranks.
  uint64_t positionOf(unsigned rank) const;

  friend auto operator<=>(const RankGroup &, const RankGroup &) = default;
};

/// Where the ranks of a process lie.
class RankMesh {
public:
  struct Axis {
    std::string name;
    uint64_t size;
  };
  /// `coordinates` holds those of each rank.
  RankMesh(std::vector<Axis> axes,
           std::vector<std::vector<uint64_t>> coordinates)
      : axes(std::move(axes)), coordinates(std::move(coordinates)) {}

  size_t size() const { return coordinates.size(); }
  /// The group of a rank over axes of the mesh, the first one slowest.
  RankGroup groupOf(unsigned rank, const std::vector<std::string> &over) const;

private:
  std::vector<Axis> axes;
  std::vector<std::vector<uint64_t>> coordinates;
};

} // namespace weft

#endif // RUNTIME_COLLECTIVES_RANKMESH_H
