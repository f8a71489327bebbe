//===- BulkCopy.cpp - cp.async.bulk, cp.reduce.async.bulk, st.async -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/AsyncCopy.h"

#include "runtime/cusim/machine/Async.h"
#include "runtime/cusim/warp/ClusterAddress.h"
#include "runtime/cusim/warp/LaneMemory.h"
#include "runtime/cusim/warp/Mbarrier.h"

#include <cstring>

using namespace weft::cusim;

namespace {

constexpr unsigned BulkUnit = 16;

struct BulkCopy {
  uint8_t *destination;
  const uint8_t *source;
  uint64_t *mbarrier;
  uint32_t bytes;
  uint32_t site;
};

void performBulkCopy(Strand *strand, const void *payload) {
  BulkCopy copy;
  std::memcpy(&copy, payload, sizeof(copy));
  std::memcpy(copy.destination, copy.source, copy.bytes);
  if (copy.mbarrier)
    completeBytesAt(strand, copy.mbarrier, copy.bytes, copy.site);
}

/// A reduction adds element by element, as atomics do.
struct BulkReduction {
  uint64_t destination;
  const uint8_t *source;
  uint64_t *mbarrier;
  uint32_t bytes;
  uint32_t site;
  AtomicOperation operation;
  ptx::Type type;
  /// The source of red.async: a register.
  uint64_t value;
};

void performReduction(Strand *strand, const void *payload) {
  BulkReduction reduction;
  std::memcpy(&reduction, payload, sizeof(reduction));
  uint32_t elementBytes = ptx::bitsOf(reduction.type) / 8;
  const uint8_t *source =
      reduction.source ? reduction.source
                       : reinterpret_cast<const uint8_t *>(&reduction.value);
  for (uint32_t at = 0; at < reduction.bytes; at += elementBytes) {
    uint64_t address = reduction.destination + at, element = 0;
    std::memcpy(&element, source + at, elementBytes);
    cusim_atomic(strand, 1, &address,
                 static_cast<uint32_t>(reduction.operation),
                 static_cast<uint32_t>(reduction.type), &element, nullptr,
                 nullptr, reduction.site);
  }
  if (reduction.mbarrier) {
    // Who waits there may read what the atomics wrote.
    noteRelease(strand, 1, reduction.mbarrier);
    completeBytesAt(strand, reduction.mbarrier, reduction.bytes,
                    reduction.site);
  }
}

struct AsyncStore {
  uint8_t *destination;
  uint64_t *mbarrier;
  uint32_t bytes;
  uint32_t site;
  uint8_t value[32];
};

void performStore(Strand *strand, const void *payload) {
  AsyncStore store;
  std::memcpy(&store, payload, sizeof(store));
  std::memcpy(store.destination, store.value, store.bytes);
  completeBytesAt(strand, store.mbarrier, store.bytes, store.site);
}

/// One lane that starts a bulk operation.
struct Starter {
  const Collective &call;
  unsigned lane;
  unsigned index = 0;
  Strand *strand;

  Starter(const Collective &call, unsigned lane)
      : call(call), lane(lane), strand(strandOfLane(call.strand, lane, index)) {
  }

  /// `bytes` is 0 for reductions, whose atomics note their accesses themselves.
  void start(Completion completion, PendingOperation operation, uint64_t writes,
             uint32_t bytes) const {
    operation.writes = writes;
    operation.writtenBytes = bytes;
    if (completion == Completion::Mbarrier)
      startBlockOperation(strand, operation);
    else
      startOperation(strand, index, AsyncQueue::Bulk, operation);
  }
  uint64_t *mbarrierAt(uint64_t address) const {
    return reinterpret_cast<uint64_t *>(
        resolve(call, lane, address, 8, 8, AccessKind::Atomic));
  }
};

void startCopy(const Starter &starter, const BulkImmediate &how, uint64_t to,
               uint64_t from, uint64_t mbarrier, uint32_t bytes) {
  const Collective &call = starter.call;
  uint8_t *destination =
      resolve(call, starter.lane, to, bytes, BulkUnit,
              how.reduces ? AccessKind::Atomic : AccessKind::Async);
  const uint8_t *source =
      resolve(call, starter.lane, from, bytes, BulkUnit, AccessKind::Load);
  uint64_t *word = how.completion == Completion::Mbarrier
                       ? starter.mbarrierAt(mbarrier)
                       : nullptr;
  PendingOperation operation =
      how.reduces
          ? pendingOperation(
                performReduction,
                BulkReduction{to, source, word, bytes, call.site,
                              static_cast<AtomicOperation>(how.reduction),
                              how.type, 0},
                call.site)
          : pendingOperation(
                performBulkCopy,
                BulkCopy{destination, source, word, bytes, call.site},
                call.site);
  starter.start(how.completion, operation, to, how.reduces ? 0 : bytes);
}

} // namespace

void weft::cusim::cusim_bulk_copy(const Collective &call) {
  auto how = BulkImmediate::unpack(call.immediate);
  forEachLane(call, [&](unsigned lane) {
    Starter starter(call, lane);
    uint64_t to = operandPair(call, 0, lane), from = operandPair(call, 2, lane);
    uint32_t bytes = operandWord(call, 4, lane);
    if (bytes % BulkUnit)
      fault(starter.strand, starter.index, Report::Kind::IllegalInstruction,
            call.site,
            "a bulk copy of " + std::to_string(bytes) +
                " bytes, which must be a multiple of 16");
    if (!bytes)
      return;
    uint64_t mbarrier =
        how.completion == Completion::Mbarrier ? operandPair(call, 5, lane) : 0;
    if (!how.isMulticast)
      return startCopy(starter, how, to, from, mbarrier, bytes);
    uint32_t blocks = operandWord(call, 7, lane) & 0xffff;
    for (; blocks; blocks &= blocks - 1) {
      unsigned rank = std::countr_zero(blocks);
      startCopy(starter, how, addressInBlock(to, rank), from,
                addressInBlock(mbarrier, rank), bytes);
    }
  });
}

void weft::cusim::cusim_bulk_commit(const Collective &call) {
  commitGroup(call.strand, call.lanes >> call.strand->lane, AsyncQueue::Bulk);
}

void weft::cusim::cusim_bulk_wait(const Collective &call) {
  waitGroups(call.strand, call.lanes >> call.strand->lane, AsyncQueue::Bulk,
             static_cast<unsigned>(call.immediate));
}

void weft::cusim::cusim_store_async(const Collective &call) {
  auto how = BulkImmediate::unpack(call.immediate);
  unsigned elementBytes = ptx::bitsOf(how.type) / 8;
  unsigned words =
      static_cast<unsigned>(call.immediate >> 24 & 0xff) * elementBytes / 4;
  uint32_t bytes = words * 4;
  forEachLane(call, [&](unsigned lane) {
    Starter starter(call, lane);
    uint64_t to = operandPair(call, 0, lane);
    uint64_t *mbarrier = starter.mbarrierAt(operandPair(call, 2 + words, lane));
    uint8_t *destination =
        resolve(call, lane, to, bytes, bytes,
                how.reduces ? AccessKind::Atomic : AccessKind::Async);
    if (how.reduces) {
      uint64_t value =
          words == 2 ? operandPair(call, 2, lane) : operandWord(call, 2, lane);
      BulkReduction reduction{
          to,       nullptr,   mbarrier,
          bytes,    call.site, static_cast<AtomicOperation>(how.reduction),
          how.type, value};
      return starter.start(
          Completion::Mbarrier,
          pendingOperation(performReduction, reduction, call.site), to, 0);
    }
    AsyncStore store{destination, mbarrier, bytes, call.site, {}};
    for (unsigned word = 0; word < words; ++word) {
      uint32_t value = operandWord(call, 2 + word, lane);
      std::memcpy(store.value + word * 4, &value, sizeof(value));
    }
    starter.start(Completion::Mbarrier,
                  pendingOperation(performStore, store, call.site), to, bytes);
  });
}
