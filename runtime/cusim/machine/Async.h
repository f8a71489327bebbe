//===- Async.h - Copies that complete later ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// cp.async, bulk copies and everything else that an instruction starts and
// another one waits for. With ScheduleOptions::deferCopies they happen as late
// as the waits allow, so that a missing wait shows; else at once.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_ASYNC_H
#define RUNTIME_CUSIM_MACHINE_ASYNC_H

#include "runtime/cusim/machine/Strand.h"

#include <cstdint>
#include <cstring>
#include <deque>
#include <type_traits>
#include <vector>

namespace weft::cusim {

/// One operation that is under way. `perform` does it, later, on any strand of
/// the block; it must not wait. The payload is plain data.
struct PendingOperation {
  void (*perform)(Strand *strand, const void *payload);
  alignas(8) uint8_t payload[112];
  /// Generic addresses of shared memory that it will write, for racecheck:
  /// whoever touches them before it completed races with it.
  uint64_t writes = 0;
  uint32_t writtenBytes = 0;
  uint32_t site = 0;
};

template <typename Payload>
PendingOperation pendingOperation(void (*perform)(Strand *, const void *),
                                  const Payload &payload, uint32_t site) {
  static_assert(std::is_trivially_copyable_v<Payload> &&
                sizeof(Payload) <= sizeof(PendingOperation::payload));
  PendingOperation operation{};
  operation.perform = perform;
  std::memcpy(operation.payload, &payload, sizeof(Payload));
  operation.site = site;
  return operation;
}

/// Lanes have two queues each, as PTX has: cp.async and cp.async.bulk groups.
enum class AsyncQueue : uint8_t { Copy, Bulk };

/// `lane` counts within the strand: 0 at width 1.
/// Starts an operation, in the lane's open group.
void startOperation(Strand *strand, unsigned lane, AsyncQueue queue,
                    const PendingOperation &operation);
/// Closes the open groups of the lanes of `mask` (commit_group).
void commitGroup(Strand *strand, uint32_t mask, AsyncQueue queue);
/// Completes all groups but the newest `remaining` (wait_group).
void waitGroups(Strand *strand, uint32_t mask, AsyncQueue queue,
                unsigned remaining);
/// Completes everything, committed or not (wait_all).
void waitAll(Strand *strand, uint32_t mask, AsyncQueue queue);
/// Queues `operation` to happen when all that the lane has started on `queue`
/// so far is complete (cp.async.mbarrier.arrive).
void afterPrior(Strand *strand, unsigned lane, AsyncQueue queue,
                const PendingOperation &operation);

/// Starts an operation that nobody waits for by a group: it happens when no
/// strand of the block's cluster can run otherwise, in an order that the seed
/// decides (bulk copies that complete on an mbarrier). What it completes wakes
/// its waiters by wake().
void startBlockOperation(Strand *strand, const PendingOperation &operation);

/// Waits until wake(key), for the whole strand. True when woken; false when
/// nothing else could run (mbarrier.try_wait's time limit): the caller looks
/// again, and after several fruitless turns of all strands the launch ends
/// with a report. `key` is the host's address of the object, in the shared
/// memory of a block of the cluster.
bool waitFor(Strand *strand, const void *key, uint32_t site);
/// Lets the strands of the cluster that wait for `key` run again.
void wake(Strand *strand, const void *key);

/// A product (wgmma) that was made when it was issued, and that nobody has
/// waited for yet.
struct PendingProduct {
  uint64_t group;
  uint32_t site;
  /// The first register of the sums.
  uint32_t accumulators;
  uint64_t immediate;
  /// Descriptors of A and B.
  uint64_t a, b;
  /// What it read of shared memory.
  std::vector<uint8_t> matrices;
};
/// Those of a warp, oldest first.
struct WarpProducts {
  std::deque<PendingProduct> pending;
  uint64_t openGroup = 0;
};
WarpProducts &productsOf(Strand *strand);

/// An order between threads of a block that is no barrier: what the lanes of
/// `mask` did before noteRelease(key) happens before what others do after
/// noteAcquire(key). For racecheck; cheap without it.
void noteRelease(Strand *strand, uint32_t mask, const void *key);
void noteAcquire(Strand *strand, uint32_t mask, const void *key);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_ASYNC_H
