//===- BlockRows.h - Where blocks lie in a rank's memory --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_BLOCKROWS_H
#define RUNTIME_COLLECTIVES_BLOCKROWS_H

#include "runtime/collectives/Collective.h"

namespace weft {

/// Runs of `width` bytes, `pitch` bytes apart. One after the other they are a
/// block as ranks send it.
struct BlockRows {
  uint64_t offset = 0, count = 0, width = 0, pitch = 0;
  uint64_t bytes() const { return count * width; }
  bool isContiguous() const {
    return count <= 1 || width == pitch || bytes() == 0;
  }
};

/// Where the source of the rank at `position` holds what rank `to` gets of it.
/// Not for an all_reduce.
BlockRows rowsSent(const Collective &collective, std::span<const uint64_t> axes,
                   uint64_t position, uint64_t to);

/// Where the destination of the rank at `position` gets what rank `from` sends.
/// Not for collectives that reduce.
BlockRows rowsReceived(const Collective &collective,
                       std::span<const uint64_t> axes, uint64_t position,
                       uint64_t from);

} // namespace weft

#endif // RUNTIME_COLLECTIVES_BLOCKROWS_H
