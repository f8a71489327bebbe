//===- Group.h - Ranks that exchange data -----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_GROUP_H
#define RUNTIME_COLLECTIVES_GROUP_H

#include "runtime/collectives/Collective.h"

#include <vector>

namespace weft {

class Queue;

/// The ranks along some axes of the mesh, as one of them sees them.
class Group {
public:
  /// `axes` are the sizes of the axes, major to minor.
  Group(std::vector<uint64_t> axes, uint64_t position)
      : axisSizes(std::move(axes)), ownPosition(position) {}
  virtual ~Group() = default;

  std::span<const uint64_t> axes() const { return axisSizes; }
  uint64_t position() const { return ownPosition; }

  /// Takes part in a collective, which every rank of the group must give in the
  /// same order. It takes its place in `queue`, one of the rank's: earlier work
  /// of the queue gives `source`, later work sees `destination`. Without a
  /// queue (of the host, which works at once) `destination` is complete and no
  /// rank needs `source` any longer when it returns. The two have `sourceBytes`
  /// and `destinationBytes`, start on multiples of the element's width and do
  /// not overlap, but an all_reduce may be in place.
  ///
  /// All three are what other ranks may look at until they have ended, also
  /// when this one has failed.
  ///
  /// Fails when another rank gives a different collective, has failed or ended,
  /// or does not come in time; the message says who arrived and who did not.
  virtual Status run(const Collective &collective, const void *source,
                     void *destination, Queue *queue) = 0;

private:
  std::vector<uint64_t> axisSizes;
  uint64_t ownPosition;
};

} // namespace weft

#endif // RUNTIME_COLLECTIVES_GROUP_H
