//===- RankMesh.cpp - Which ranks form groups -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/RankMesh.h"

#include <algorithm>

using namespace weft;

uint64_t RankGroup::positionOf(unsigned rank) const {
  return static_cast<uint64_t>(std::find(ranks.begin(), ranks.end(), rank) -
                               ranks.begin());
}

RankGroup RankMesh::groupOf(unsigned rank,
                            const std::vector<std::string> &over) const {
  RankGroup group;
  std::vector<size_t> along;
  uint64_t size = 1;
  for (const std::string &name : over)
    for (size_t i = 0; i != axes.size(); ++i)
      if (axes[i].name == name) {
        along.push_back(i);
        size *= axes[i].size;
        group.axes.push_back(axes[i].size);
        group.label += (group.label.empty() ? "[" : ", ") + name;
      }
  group.label += group.label.empty() ? "[]" : "]";
  auto othersOf = [&](unsigned of) {
    std::vector<uint64_t> others = coordinates[of];
    for (size_t axis : along)
      others[axis] = 0;
    return others;
  };
  group.ranks.resize(size);
  std::vector<uint64_t> own = othersOf(rank);
  for (unsigned other = 0; other != coordinates.size(); ++other) {
    if (othersOf(other) != own)
      continue;
    uint64_t position = 0;
    for (size_t axis : along)
      position = position * axes[axis].size + coordinates[other][axis];
    group.ranks[position] = other;
  }
  return group;
}
