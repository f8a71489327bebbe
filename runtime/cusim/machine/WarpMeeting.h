//===- WarpMeeting.h - Lanes of a warp that wait for others -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// At width 1, an operation of a warp happens when the last of its lanes comes:
// that lane computes all results. Lanes meet when they execute the same
// operation with the same membermask; .aligned ones also at the same
// instruction.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_WARPMEETING_H
#define RUNTIME_CUSIM_MACHINE_WARPMEETING_H

#include "runtime/cusim/warp/Collective.h"

#include <cstdint>

namespace weft::cusim {

class Block;
struct Fiber;

/// Loose: lanes may come from several instructions. OpenEnded (activemask): it
/// ends with whoever is there when nobody else can come.
enum class MeetingKind : uint8_t { Loose, Aligned, OpenEnded };

/// Operations of so few words have them in the meeting: the lane that computes
/// need not touch the stacks of the others.
constexpr uint32_t OwnWords = 4;

struct WarpMeeting {
  CollectiveFunction function;
  uint64_t immediate;
  uint32_t members;
  uint32_t site;
  MeetingKind kind;
  uint32_t arrived;
  uint32_t operandWords;
  uint32_t resultWords;
  Fiber *fibers[WarpSize];
  /// For larger operations: where each lane's words are.
  const uint32_t *operands[WarpSize];
  uint32_t *results[WarpSize];
  WarpMeeting *next;
  /// [word][lane]
  uint32_t ownOperands[OwnWords * WarpSize];
  uint32_t ownResults[OwnWords * WarpSize];
  /// Lanes that have not taken their results yet.
  uint32_t unread;

  bool hasOwnWords() const {
    return operandWords <= OwnWords && resultWords <= OwnWords;
  }
};

/// Computes and hands out results, wakes all lanes but `self`, and takes the
/// meeting out of the warp's list.
void completeMeeting(Block &block, unsigned warp, WarpMeeting &meeting,
                     Fiber *self);
/// Completes the meetings of a warp that miss no living lane any more.
void completeMeetingsAfterExit(Block &block, unsigned warp);
/// Completes open-ended meetings. False: there were none.
bool completeOpenEndedMeetings(Block &block);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_WARPMEETING_H
