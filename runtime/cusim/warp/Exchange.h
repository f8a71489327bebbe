//===- Exchange.h - Values from lane to lane --------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// shfl.sync, vote.sync, match.sync, redux.sync, elect.sync, bar.warp.sync (PTX
// ISA 9.0, "Data Movement and Conversion", "Parallel Synchronization").
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_EXCHANGE_H
#define RUNTIME_CUSIM_WARP_EXCHANGE_H

#include "runtime/cusim/warp/Collective.h"

namespace weft::cusim {

enum class ShuffleMode : uint8_t { Up, Down, Butterfly, Index };
enum class VoteMode : uint8_t { All, Any, Uniform, Ballot };
enum class ReduceOperation : uint8_t { Add, Min, Max, And, Or, Xor };
enum class ReduceType : uint8_t { Unsigned, Signed, Float };

/// immediate of cusim_redux: an operation, a type, and the modifiers of f32.
struct ReduceImmediate {
  ReduceOperation operation = ReduceOperation::Add;
  ReduceType type = ReduceType::Unsigned;
  bool isAbsolute = false;
  bool propagatesNaN = false;

  uint64_t pack() const {
    return uint64_t(operation) | uint64_t(type) << 8 |
           uint64_t(isAbsolute) << 16 | uint64_t(propagatesNaN) << 17;
  }
  static ReduceImmediate unpack(uint64_t bits) {
    return {ReduceOperation(bits & 0xff), ReduceType(bits >> 8 & 0xff),
            bool(bits >> 16 & 1), bool(bits >> 17 & 1)};
  }
};

/// The form of shfl, vote, match, redux, elect and bar.warp.sync.
StatusOr<CollectiveForm> exchangeForm(const ptx::Instruction &instruction);

extern "C" {
/// Operands a, b, c; results d and whether the source lane was in range.
/// immediate: a ShuffleMode; bit 8: the predicate is wanted. A lane whose
/// source does not take part gets its own value (PTX leaves it undefined).
void cusim_shfl(const weft::cusim::Collective &call);
/// Operand: a predicate. immediate: a VoteMode.
void cusim_vote(const weft::cusim::Collective &call);
/// Operand: a value of one or two words (bit 0 of the immediate: two); result:
/// the lanes with the same value.
void cusim_match_any(const weft::cusim::Collective &call);
/// Result: all lanes that take part when their values agree, else 0; bit 1 of
/// the immediate: also that as a predicate.
void cusim_match_all(const weft::cusim::Collective &call);
/// Operand: a value; immediate: a ReduceImmediate.
void cusim_redux(const weft::cusim::Collective &call);
/// Results: the lowest lane that takes part, and whether this is it.
void cusim_elect(const weft::cusim::Collective &call);
/// bar.warp.sync: having met is all.
void cusim_warp_barrier(const weft::cusim::Collective &call);
} // extern "C"

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_EXCHANGE_H
