//===- Collective.cpp - What ranks exchange -------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/Collective.h"

#include <algorithm>

using namespace weft;

static constexpr uint64_t maximumBytes = uint64_t(1) << 62;

std::string_view weft::name(CollectiveKind kind) {
  switch (kind) {
  case CollectiveKind::AllReduce:
    return "all_reduce";
  case CollectiveKind::AllGather:
    return "all_gather";
  case CollectiveKind::ReduceScatter:
    return "reduce_scatter";
  case CollectiveKind::AllToAll:
    return "all_to_all";
  }
  return "collective";
}

static bool hasSplit(CollectiveKind kind) {
  return kind == CollectiveKind::ReduceScatter ||
         kind == CollectiveKind::AllToAll;
}

static bool hasConcat(CollectiveKind kind) {
  return kind == CollectiveKind::AllGather || kind == CollectiveKind::AllToAll;
}

static uint64_t ceilDiv(uint64_t value, uint64_t divisor) {
  return value == 0 ? 0 : (value - 1) / divisor + 1;
}

Block weft::blockOf(uint64_t size, uint64_t granule,
                    std::span<const uint64_t> axes, uint64_t position) {
  uint64_t inner = 1;
  for (uint64_t axis : axes)
    inner *= axis;
  Block block{0, size};
  for (uint64_t axis : axes) {
    inner /= axis;
    uint64_t place = position / inner % axis, whole = block.size();
    // A granule larger than everything is one of everything.
    uint64_t unit =
        std::clamp<uint64_t>(granule, 1, std::max<uint64_t>(whole, 1));
    uint64_t step = ceilDiv(ceilDiv(whole, unit), axis) * unit;
    auto at = [&](uint64_t index) {
      uint64_t offset = 0;
      return __builtin_mul_overflow(index, step, &offset)
                 ? whole
                 : std::min(offset, whole);
    };
    block = {block.begin + at(place), block.begin + at(place + 1)};
  }
  return block;
}

StatusOr<Collective>
Collective::create(CollectiveKind kind, Reduction reduction, DataType type,
                   std::span<const uint64_t> sizes, uint32_t splitDimension,
                   uint32_t concatDimension, uint64_t splitGranule,
                   uint64_t concatGranule) {
  Collective result;
  result.kind = kind;
  result.reduction = reduction;
  result.type = type;
  uint64_t total = byteWidth(type);
  uint64_t *run = &result.outer;
  bool isTooLarge = false, isEmpty = false;
  bool seesSplit = false, seesConcat = false;
  for (size_t i = 0; i != sizes.size(); ++i) {
    isEmpty |= sizes[i] == 0;
    isTooLarge |=
        __builtin_mul_overflow(total, sizes[i], &total) || total > maximumBytes;
    bool isSplit = hasSplit(kind) && i == splitDimension;
    bool isConcat = hasConcat(kind) && i == concatDimension;
    if (!isSplit && !isConcat) {
      isTooLarge |= __builtin_mul_overflow(*run, sizes[i], run);
      continue;
    }
    (isSplit ? result.split : result.concat) = sizes[i];
    (isSplit ? result.splitGranule : result.concatGranule) =
        std::max<uint64_t>(isSplit ? splitGranule : concatGranule, 1);
    if (isSplit && seesConcat)
      result.splitIsMajor = false;
    seesSplit |= isSplit;
    seesConcat |= isConcat;
    bool isLast = seesSplit == hasSplit(kind) && seesConcat == hasConcat(kind);
    run = isLast ? &result.inner : &result.middle;
  }
  if (isEmpty) {
    result.outer = 0;
    result.split = result.middle = result.concat = result.inner = 1;
    return result;
  }
  if (isTooLarge)
    return Status::error("a collective of more than 2^62 bytes");
  return result;
}

uint64_t Collective::bytes() const {
  return outer * split * middle * concat * inner * byteWidth(type);
}

Block Collective::splitBlock(std::span<const uint64_t> axes,
                             uint64_t position) const {
  return hasSplit(kind) ? blockOf(split, splitGranule, axes, position)
                        : Block{0, split};
}

Block Collective::concatBlock(std::span<const uint64_t> axes,
                              uint64_t position) const {
  return hasConcat(kind) ? blockOf(concat, concatGranule, axes, position)
                         : Block{0, concat};
}

uint64_t Collective::sourceBytes(std::span<const uint64_t> axes,
                                 uint64_t position) const {
  return outer * split * middle * concatBlock(axes, position).size() * inner *
         byteWidth(type);
}

uint64_t Collective::destinationBytes(std::span<const uint64_t> axes,
                                      uint64_t position) const {
  return outer * splitBlock(axes, position).size() * middle * concat * inner *
         byteWidth(type);
}
