//===- AsyncCopies.h - Copies that wait for their wait ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// cp.async by the threads of a strand. A kernel that reads what it copied
// before it waited is wrong, but may be lucky on a GPU. With `isDeferred`, a
// copy happens only when its thread waits for its group (or the thread ends, or
// an mbarrier asks for it), so that such a kernel reads what was there before.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_ASYNCCOPIES_H
#define RUNTIME_CUSIM_WARP_ASYNCCOPIES_H

#include "runtime/cusim/machine/Strand.h"

#include <cstdint>
#include <vector>

namespace weft::cusim {

/// The pending copies of one strand. The machine makes one for each, sets
/// `isDeferred` from ScheduleOptions::deferCopies, and calls reset() before a
/// block begins and finish() when a strand's lanes have returned.
class AsyncCopies {
public:
  bool isDeferred = true;

  /// Forgets everything, as after a fault.
  void reset();
  /// Makes all copies of the lanes in `mask` happen (at the end of a thread).
  void finish(Strand &strand, LaneMask mask);

  /// Of one lane: `bytes` bytes of shared memory, of which the first
  /// `sourceBytes` come from `source` and the others become zero.
  struct Copy {
    uint8_t *destination;
    const uint8_t *source;
    uint32_t bytes;
    uint32_t sourceBytes;
    /// Generic address of the destination, and the instruction: for checks.
    uint64_t address;
    uint32_t site;
  };
  void copy(Strand &strand, unsigned lane, const Copy &copy);
  /// cp.async.commit_group.
  void commit(LaneMask mask);
  /// cp.async.wait_group: all but the latest `kept` groups of each lane.
  void wait(Strand &strand, LaneMask mask, uint32_t kept);
  /// cp.async.wait_all: the open group too.
  void waitAll(Strand &strand, LaneMask mask);

private:
  struct Pending {
    Copy copy;
    uint32_t group;
  };
  /// In the order of issue, for each lane.
  std::vector<Pending> pending[WarpSize];
  /// Number of the open group.
  uint32_t openGroup[WarpSize] = {};

  void completeBefore(Strand &strand, unsigned lane, uint32_t group);
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_ASYNCCOPIES_H
