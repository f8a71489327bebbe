//===- TensorBox.h - Where the lines of a box lie ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_TENSORBOX_H
#define RUNTIME_CUSIM_WARP_TENSORBOX_H

#include "runtime/cusim/warp/TensorMap.h"

#include <algorithm>

namespace weft::cusim {

/// A box at coordinates, which may lie outside of the tensor in part.
struct TensorBox {
  const TensorMap *map;
  int32_t start[TensorMap::MaxRank];

  /// A run of elements along the innermost dimension.
  struct Line {
    /// Where element 0 of the box's line would lie in the box, in bytes.
    uint32_t boxOffset;
    /// The elements [first, last) of the line are in the tensor.
    uint32_t first, last;
    /// The tagged address of element `first`.
    uint64_t address;
  };

  uint32_t lineBytes() const {
    return map->boxElements(0) * map->elementBytes();
  }

  /// Calls `visit(line)` for all lines, in the order of shared memory.
  template <typename Visit> void forEachLine(Visit visit) const {
    unsigned lines = 1;
    for (unsigned i = 1; i < map->rank; ++i)
      lines *= map->boxElements(i);
    for (unsigned number = 0; number < lines; ++number)
      visit(lineAt(number));
  }

private:
  Line lineAt(unsigned number) const {
    Line line{number * lineBytes(), 0, 0, map->globalAddress};
    bool isInside = true;
    unsigned rest = number;
    for (unsigned i = 1; i < map->rank; ++i) {
      int64_t at = start[i] +
                   int64_t(rest % map->boxElements(i)) * map->elementStrides[i];
      rest /= map->boxElements(i);
      isInside = isInside && at >= 0 && at < int64_t(map->sizes[i]);
      line.address += static_cast<uint64_t>(at) * map->strides[i - 1];
    }
    int64_t size = static_cast<int64_t>(map->sizes[0]);
    int64_t first = std::max<int64_t>(start[0], 0);
    int64_t last = std::min<int64_t>(start[0] + map->boxElements(0), size);
    if (!isInside || first >= last)
      return line;
    line.first = static_cast<uint32_t>(first - start[0]);
    line.last = static_cast<uint32_t>(last - start[0]);
    line.address += static_cast<uint64_t>(first) * map->elementBytes();
    return line;
  }
};

/// The place of a byte of a box in shared memory: `address` is where it would
/// be without a swizzle.
inline uint64_t swizzledAddress(uint64_t address, unsigned swizzleBytes) {
  return address ^ (address >> 7 & (swizzleBytes / 16 - 1)) << 4;
}

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_TENSORBOX_H
