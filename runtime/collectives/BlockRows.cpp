//===- BlockRows.cpp - Where blocks lie in a rank's memory ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/BlockRows.h"

using namespace weft;

/// Block `part` of the middle one of three dimensions: [outer, size, inner],
/// where inner counts bytes.
static BlockRows rowsOf(uint64_t outer, uint64_t size, uint64_t inner,
                        Block part) {
  return {part.begin * inner, outer, part.size() * inner, size * inner};
}

BlockRows weft::rowsSent(const Collective &collective,
                         std::span<const uint64_t> axes, uint64_t position,
                         uint64_t to) {
  uint64_t inner = collective.inner * byteWidth(collective.type);
  uint64_t concat = collective.concatBlock(axes, position).size();
  Block split = collective.splitBlock(axes, to);
  switch (collective.kind) {
  case CollectiveKind::AllReduce:
  case CollectiveKind::AllGather:
    break;
  case CollectiveKind::ReduceScatter:
    return rowsOf(collective.outer, collective.split, inner, split);
  case CollectiveKind::AllToAll:
    if (collective.splitIsMajor)
      return rowsOf(collective.outer, collective.split,
                    collective.middle * concat * inner, split);
    return rowsOf(collective.outer * concat * collective.middle,
                  collective.split, inner, split);
  }
  uint64_t bytes = collective.sourceBytes(axes, position);
  return {0, 1, bytes, bytes};
}

BlockRows weft::rowsReceived(const Collective &collective,
                             std::span<const uint64_t> axes, uint64_t position,
                             uint64_t from) {
  uint64_t inner = collective.inner * byteWidth(collective.type);
  uint64_t split = collective.splitBlock(axes, position).size();
  Block concat = collective.concatBlock(axes, from);
  switch (collective.kind) {
  case CollectiveKind::AllReduce:
  case CollectiveKind::ReduceScatter:
    break;
  case CollectiveKind::AllGather:
    return rowsOf(collective.outer, collective.concat, inner, concat);
  case CollectiveKind::AllToAll:
    if (!collective.splitIsMajor)
      return rowsOf(collective.outer, collective.concat,
                    collective.middle * split * inner, concat);
    return rowsOf(collective.outer * split * collective.middle,
                  collective.concat, inner, concat);
  }
  uint64_t bytes = collective.destinationBytes(axes, position);
  return {0, 1, bytes, bytes};
}
