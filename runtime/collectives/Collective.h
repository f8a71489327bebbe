//===- Collective.h - What ranks exchange -----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   // 10 rows of 4, in granules of 2 rows, over 3 devices: 4, 4 and 2 rows.
//   blockOf(10, 2, {3}, 2)  // [8, 10)
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_COLLECTIVE_H
#define RUNTIME_COLLECTIVES_COLLECTIVE_H

#include "weft/DataType.h"
#include "weft/Status.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace weft {

/// The numbers of artifact.proto's Collective.Kind.
enum class CollectiveKind {
  AllReduce = 1,
  AllGather = 2,
  ReduceScatter = 3,
  AllToAll = 4
};
enum class Reduction { None, Sum, Max, Min };

/// "all_reduce".
std::string_view name(CollectiveKind kind);

/// A part of a dimension.
struct Block {
  uint64_t begin = 0, end = 0;
  uint64_t size() const { return end - begin; }
};

/// The block of `size` elements in whole granules that the device at `position`
/// holds, over axes of these sizes, major to minor. Later blocks may be short
/// or empty.
Block blockOf(uint64_t size, uint64_t granule, std::span<const uint64_t> axes,
              uint64_t position);

/// What a group does once; the comment on artifact.proto's Collective says what
/// each rank gives and gets. Equal on all ranks of the group.
struct Collective {
  CollectiveKind kind = CollectiveKind::AllReduce;
  Reduction reduction = Reduction::None;
  DataType type = DataType::Invalid;
  /// The tensor that the group holds, as [outer, split, middle, concat, inner],
  /// or [outer, concat, middle, split, inner]. A dimension that the kind does
  /// not have is 1.
  uint64_t outer = 1, split = 1, middle = 1, concat = 1, inner = 1;
  bool splitIsMajor = true;
  uint64_t splitGranule = 1, concatGranule = 1;

  /// Puts a tensor's sizes into this form. Dimensions count only for the kinds
  /// that have them; a granule of 0 means 1. Fails beyond 2^62 bytes.
  static StatusOr<Collective>
  create(CollectiveKind kind, Reduction reduction, DataType type,
         std::span<const uint64_t> sizes, uint32_t splitDimension,
         uint32_t concatDimension, uint64_t splitGranule,
         uint64_t concatGranule);

  /// Bytes of the whole tensor, and of what a rank at `position` gives and
  /// gets.
  uint64_t bytes() const;
  uint64_t sourceBytes(std::span<const uint64_t> axes, uint64_t position) const;
  uint64_t destinationBytes(std::span<const uint64_t> axes,
                            uint64_t position) const;

  /// What the rank at `position` has of the two dimensions: everything of one
  /// that the kind does not take apart.
  Block splitBlock(std::span<const uint64_t> axes, uint64_t position) const;
  Block concatBlock(std::span<const uint64_t> axes, uint64_t position) const;

  friend bool operator==(const Collective &, const Collective &) = default;
};

} // namespace weft

#endif // RUNTIME_COLLECTIVES_COLLECTIVE_H
