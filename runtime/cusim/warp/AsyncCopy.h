//===- AsyncCopy.h - cp.async and cp.async.bulk -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Copies that a lane starts and waits for later. Addresses are checked when a
// copy starts; when it happens is the machine's choice (machine/Async.h).
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_ASYNCCOPY_H
#define RUNTIME_CUSIM_WARP_ASYNCCOPY_H

#include "runtime/cusim/warp/Collective.h"

namespace weft::cusim {

/// How a bulk copy says that it is complete.
enum class Completion : uint8_t { Mbarrier, Group };

/// immediate of cusim_bulk_copy; `reduction` and `type` of cp.reduce.
struct BulkImmediate {
  Completion completion = Completion::Group;
  bool isMulticast = false;
  /// An AtomicOperation, where `reduces`.
  bool reduces = false;
  uint8_t reduction = 0;
  ptx::Type type = ptx::Type::None;

  uint64_t pack() const {
    return uint64_t(completion) | uint64_t(isMulticast) << 1 |
           uint64_t(reduces) << 2 | uint64_t(reduction) << 8 |
           uint64_t(type) << 16;
  }
  static BulkImmediate unpack(uint64_t bits) {
    return {static_cast<Completion>(bits & 1), bool(bits >> 1 & 1),
            bool(bits >> 2 & 1), static_cast<uint8_t>(bits >> 8),
            static_cast<ptx::Type>(bits >> 16 & 0xff)};
  }
};

/// The form of cp.async.* and cp.async.bulk.* without tensors, st.async and
/// red.async. `function` may be null (see collectiveForm).
StatusOr<CollectiveForm> asyncCopyForm(const ptx::Instruction &instruction,
                                       const ptx::Function *function);

extern "C" {
/// Operands: destination, source, then src-size (`immediate` bit 8) or
/// ignore-src (bit 9). immediate bits 0 to 7: bytes.
void cusim_async_copy(const weft::cusim::Collective &call);
void cusim_async_commit(const weft::cusim::Collective &call);
/// immediate: how many groups may stay pending.
void cusim_async_wait(const weft::cusim::Collective &call);
void cusim_async_wait_all(const weft::cusim::Collective &call);
/// Operand: an mbarrier; immediate: .noinc.
void cusim_async_arrive(const weft::cusim::Collective &call);

/// Operands: destination, source, bytes, then the mbarrier, then the mask of
/// blocks; immediate: a BulkImmediate.
void cusim_bulk_copy(const weft::cusim::Collective &call);
void cusim_bulk_commit(const weft::cusim::Collective &call);
void cusim_bulk_wait(const weft::cusim::Collective &call);

/// st.async: destination, value, mbarrier; red.async likewise. immediate: a
/// BulkImmediate with the type; bits 24 to 31: elements.
void cusim_store_async(const weft::cusim::Collective &call);
} // extern "C"

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_ASYNCCOPY_H
