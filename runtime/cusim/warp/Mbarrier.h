//===- Mbarrier.h - Barriers in shared memory -------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mbarrier.* (PTX ISA 9.0, "Parallel Synchronization: mbarrier"). The opaque 64
// bits of an mbarrier hold, from the low ones: 20 of the pending count of the
// phase, 20 of the count that the next phase starts with, 21 of the pending
// bytes (tx-count) plus 2^20, 3 of the phase's number. A phase is complete when
// nothing is pending. All bits are 0 after mbarrier.inval.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_MBARRIER_H
#define RUNTIME_CUSIM_WARP_MBARRIER_H

#include "runtime/cusim/warp/Collective.h"

#include <string>

namespace weft::cusim {

struct MbarrierState {
  static constexpr uint32_t MaxCount = (1u << 20) - 1;
  static constexpr int32_t MaxBytes = (1 << 20) - 1;

  uint32_t pending = 0;
  uint32_t expected = 0;
  int32_t bytes = 0;
  uint8_t phase = 0;

  uint64_t pack() const {
    return pending | uint64_t(expected) << 20 |
           uint64_t(bytes + (1 << 20)) << 40 | uint64_t(phase) << 61;
  }
  static MbarrierState unpack(uint64_t bits) {
    return {static_cast<uint32_t>(bits & MaxCount),
            static_cast<uint32_t>(bits >> 20 & MaxCount),
            static_cast<int32_t>(bits >> 40 & 0x1fffff) - (1 << 20),
            static_cast<uint8_t>(bits >> 61)};
  }
};

/// The step that an operation makes in an mbarrier. Each returns what is wrong,
/// nothing when all is well; `isComplete` says that the phase ended.
struct MbarrierStep {
  std::optional<std::string> error;
  bool isComplete = false;
};
MbarrierStep arriveAt(MbarrierState &state, uint32_t count);
MbarrierStep expectBytes(MbarrierState &state, uint32_t bytes);
MbarrierStep completeBytes(MbarrierState &state, uint32_t bytes);

/// complete_tx by an asynchronous operation: the mbarrier at a host's address.
void completeBytesAt(Strand *strand, uint64_t *mbarrier, uint32_t bytes,
                     uint32_t site);
/// arrive by an asynchronous operation (cp.async.mbarrier.arrive).
void arriveLater(Strand *strand, uint64_t *mbarrier, uint32_t site);

enum class MbarrierOperation : uint8_t {
  Init,
  Invalidate,
  Arrive,
  ExpectBytes,
  CompleteBytes,
  TestWait,
  TryWait,
};

/// immediate of cusim_mbarrier.
struct MbarrierImmediate {
  MbarrierOperation operation = MbarrierOperation::Init;
  /// arrive_drop: the next phases expect fewer.
  bool drops = false;
  /// .expect_tx: the operand is a number of bytes; one arrives.
  bool expectsBytes = false;
  /// .noComplete: ending the phase is an error.
  bool mayNotComplete = false;
  /// A count follows the address; else 1.
  bool hasCount = false;
  /// Waits by the phase's parity, not by a state.
  bool isParity = false;
  /// The state before goes to the results.
  bool hasResult = false;
  /// .relaxed: no order of memory.
  bool isRelaxed = false;

  uint64_t pack() const {
    return uint64_t(operation) | uint64_t(drops) << 8 |
           uint64_t(expectsBytes) << 9 | uint64_t(mayNotComplete) << 10 |
           uint64_t(hasCount) << 11 | uint64_t(isParity) << 12 |
           uint64_t(hasResult) << 13 | uint64_t(isRelaxed) << 14;
  }
  static MbarrierImmediate unpack(uint64_t bits) {
    auto flag = [&](unsigned bit) { return bool(bits >> bit & 1); };
    return {static_cast<MbarrierOperation>(bits & 0xff),
            flag(8),
            flag(9),
            flag(10),
            flag(11),
            flag(12),
            flag(13),
            flag(14)};
  }
};

/// The form of mbarrier.*.
StatusOr<CollectiveForm> mbarrierForm(const ptx::Instruction &instruction);

extern "C" {
/// Operands: an address, then a count, a number of bytes, a state (two words)
/// or a parity; immediate: an MbarrierImmediate. Waiting results in a
/// predicate, arriving in a state where it is wanted.
void cusim_mbarrier(const weft::cusim::Collective &call);
/// Operand: a state; result: its pending count.
void cusim_mbarrier_pending_count(const weft::cusim::Collective &call);
} // extern "C"

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_MBARRIER_H
