//===- WarpMeeting.cpp - Operations of a whole warp -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/WarpMeeting.h"
#include "runtime/cusim/machine/Block.h"
#include "runtime/cusim/machine/Core.h"
#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Memory.h"
#include "runtime/cusim/machine/RaceCheck.h"
#include "runtime/cusim/machine/Text.h"

#include <bit>

#include <alloca.h>

namespace weft::cusim {
namespace {

void answerActiveMask(const Collective &collective) {
  for (uint32_t rest = collective.lanes; rest; rest &= rest - 1)
    collective.results[std::countr_zero(rest)] = collective.lanes;
}

void unlink(Block &block, unsigned warp, WarpMeeting &meeting) {
  WarpMeeting **link = &block.meetings[warp];
  while (*link != &meeting)
    link = &(*link)->next;
  *link = meeting.next;
}

/// What a lane comes with.
struct Arrival {
  CollectiveFunction function;
  uint64_t immediate;
  uint32_t members;
  MeetingKind kind;
  uint32_t operandWords;
  uint32_t resultWords;
  uint32_t site;

  bool belongsTo(const WarpMeeting &meeting) const {
    return meeting.function == function && meeting.members == members &&
           meeting.immediate == immediate && meeting.kind == kind &&
           (kind == MeetingKind::Loose || meeting.site == site);
  }
};

[[noreturn, gnu::noinline]] void
refuseMembers(Strand *strand, unsigned lane, uint32_t members, uint32_t site) {
  fault(strand, lane, Report::Kind::IllegalInstruction, site,
        "lane " + std::to_string(strand->lane + lane) +
            " is not in its own membermask " + hexOfLanes(members));
}

[[gnu::noinline]] WarpMeeting *begin(Block &block, unsigned warp,
                                     const Arrival &arrival) {
  WarpMeeting *meeting = block.core->takeMeeting();
  meeting->function = arrival.function;
  meeting->immediate = arrival.immediate;
  meeting->members = arrival.members;
  meeting->site = arrival.site;
  meeting->kind = arrival.kind;
  meeting->arrived = 0;
  meeting->operandWords = arrival.operandWords;
  meeting->resultWords = arrival.resultWords;
  meeting->next = block.meetings[warp];
  block.meetings[warp] = meeting;
  return meeting;
}

/// A lane takes its words out of a meeting that is over; the last one ends it.
inline void takeResults(Fiber &fiber, WarpMeeting &meeting, uint32_t *results) {
  for (uint32_t word = 0; word < meeting.resultWords; ++word)
    results[word] = meeting.ownResults[word * WarpSize + fiber.lane];
  meeting.unread &= ~(1u << fiber.lane);
  if (meeting.unread == 0)
    fiber.block->core->giveBackMeeting(&meeting);
}

/// A lane of a warp at width 1.
inline void meet(Fiber &fiber, const Arrival &arrival, const uint32_t *operands,
                 uint32_t *results) {
  Block &block = *fiber.block;
  unsigned warp = fiber.warp, lane = fiber.lane;
  uint32_t own = 1u << lane;
  if (!(arrival.members & own)) [[unlikely]]
    refuseMembers(&fiber, 0, arrival.members, arrival.site);
  WarpMeeting *meeting = block.meetings[warp];
  while (meeting && !arrival.belongsTo(*meeting))
    meeting = meeting->next;
  if (!meeting)
    meeting = begin(block, warp, arrival);
  meeting->arrived |= own;
  meeting->fibers[lane] = &fiber;
  bool hasOwnWords = meeting->hasOwnWords();
  if (hasOwnWords) {
    for (uint32_t word = 0; word < meeting->operandWords; ++word)
      meeting->ownOperands[word * WarpSize + lane] = operands[word];
  } else {
    meeting->operands[lane] = operands;
    meeting->results[lane] = results;
  }
  fiber.site = arrival.site;
  bool isLast = meeting->arrived == (meeting->members & block.liveLanes[warp]);
  if (isLast)
    completeMeeting(block, warp, *meeting, &fiber);
  else
    block.core->suspend(fiber, Waiting::Warp);
  if (hasOwnWords)
    takeResults(fiber, *meeting, results);
  if (!isLast)
    return;
  block.core->maybeYield(fiber);
}

[[noreturn, gnu::noinline]] void refuseGroup(const Collective &collective,
                                             uint32_t group,
                                             const uint32_t *members) {
  Strand *strand = collective.strand;
  for (uint32_t rest = members ? collective.lanes : 0; rest; rest &= rest - 1) {
    auto lane = static_cast<unsigned>(std::countr_zero(rest));
    if (!(members[lane] >> lane & 1))
      refuseMembers(strand, lane, members[lane], collective.site);
  }
  auto lane = static_cast<unsigned>(std::countr_zero(group));
  uint32_t expected = members ? members[lane] : ~0u;
  fault(strand, lane, Report::Kind::BarrierDivergence, collective.site,
        "only lanes " + hexOfLanes(group) + " come together of the members " +
            hexOfLanes(expected & strand->live) +
            " that live; lanes that meet from several places need width 1");
}

/// Width 32: lanes with equal membermasks form a group.
void runGroups(CollectiveFunction function, const Collective &collective,
               const uint32_t *members) {
  for (uint32_t rest = collective.lanes; rest;) {
    uint32_t expected = members ? members[std::countr_zero(rest)] : ~0u;
    uint32_t group = members ? 0 : rest;
    for (uint32_t others = members ? rest : 0; others; others &= others - 1)
      if (members[std::countr_zero(others)] == expected)
        group |= others & -others;
    if (group != (expected & collective.strand->live)) [[unlikely]]
      refuseGroup(collective, group, members);
    Collective part = collective;
    part.lanes = group;
    function(part);
    rest &= ~group;
  }
}

} // namespace

void completeMeeting(Block &block, unsigned warp, WarpMeeting &meeting,
                     Fiber *self) {
  unlink(block, warp, meeting);
  block.core->noteProgress();
  uint32_t lanes = meeting.arrived;
  bool hasOwnWords = meeting.hasOwnWords();
  uint32_t operandWords = meeting.operandWords;
  uint32_t resultWords = meeting.resultWords;
  uint32_t *operands = meeting.ownOperands;
  uint32_t *results = meeting.ownResults;
  if (!hasOwnWords) {
    operands = block.core->scratch((operandWords + resultWords) * WarpSize);
    results = operands + operandWords * WarpSize;
    for (uint32_t rest = lanes; rest; rest &= rest - 1) {
      auto lane = static_cast<unsigned>(std::countr_zero(rest));
      for (uint32_t word = 0; word < operandWords; ++word)
        operands[word * WarpSize + lane] = meeting.operands[lane][word];
    }
  }
  Collective collective{meeting.fibers[std::countr_zero(lanes)],
                        lanes,
                        meeting.site,
                        meeting.immediate,
                        operands,
                        results};
  meeting.function(collective);
  if (block.races && meeting.kind != MeetingKind::OpenEnded)
    block.races->joinLanes(warp, lanes);
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    auto lane = static_cast<unsigned>(std::countr_zero(rest));
    for (uint32_t word = 0; word < resultWords && !hasOwnWords; ++word)
      meeting.results[lane][word] = results[word * WarpSize + lane];
    if (meeting.fibers[lane] != self)
      block.core->makeReady(meeting.fibers[lane]);
  }
  meeting.unread = lanes;
  if (!hasOwnWords)
    block.core->giveBackMeeting(&meeting);
}

void completeMeetingsAfterExit(Block &block, unsigned warp) {
  for (WarpMeeting *meeting = block.meetings[warp]; meeting;) {
    WarpMeeting *next = meeting->next;
    if (meeting->arrived == (meeting->members & block.liveLanes[warp]))
      completeMeeting(block, warp, *meeting, nullptr);
    meeting = next;
  }
}

bool completeOpenEndedMeetings(Block &block) {
  bool isAny = false;
  for (unsigned warp = 0; warp < MaxWarps; ++warp)
    for (WarpMeeting *meeting = block.meetings[warp]; meeting;) {
      WarpMeeting *next = meeting->next;
      if (meeting->kind == MeetingKind::OpenEnded) {
        completeMeeting(block, warp, *meeting, nullptr);
        isAny = true;
      }
      meeting = next;
    }
  return isAny;
}

extern "C" {

void cusim_collective(Strand *strand, uint32_t mask,
                      CollectiveFunction function, uint64_t immediate,
                      const uint32_t *members, const uint32_t *operands,
                      uint32_t operandWords, uint32_t *results,
                      uint32_t resultWords, uint32_t site) {
  auto &fiber = *static_cast<Fiber *>(strand);
  if (fiber.width == 1)
    return meet(fiber,
                {function, immediate, members ? members[0] : ~0u,
                 members ? MeetingKind::Loose : MeetingKind::Aligned,
                 operandWords, resultWords, site},
                operands, results);
  runGroups(function, {strand, mask, site, immediate, operands, results},
            members);
}

void cusim_lanewise(Strand *strand, uint32_t mask, CollectiveFunction function,
                    uint64_t immediate, const uint32_t *operands,
                    uint32_t operandWords, uint32_t *results,
                    uint32_t resultWords, uint32_t site) {
  auto &fiber = *static_cast<Fiber *>(strand);
  if (fiber.width != 1)
    return function({strand, mask, site, immediate, operands, results});
  // The function may wait, so that the words lie on the lane's own stack.
  auto *words = static_cast<uint32_t *>(
      alloca((operandWords + resultWords) * WarpSize * sizeof(uint32_t)));
  uint32_t *wideResults = words + operandWords * WarpSize;
  for (uint32_t word = 0; word < operandWords; ++word)
    words[word * WarpSize + fiber.lane] = operands[word];
  function({strand, 1u << fiber.lane, site, immediate, words, wideResults});
  for (uint32_t word = 0; word < resultWords; ++word)
    results[word] = wideResults[word * WarpSize + fiber.lane];
}

uint32_t cusim_active_mask(Strand *strand, uint32_t mask, uint32_t site) {
  auto &fiber = *static_cast<Fiber *>(strand);
  if (fiber.width != 1)
    return mask;
  uint32_t result = 1u << fiber.lane;
  meet(fiber, {answerActiveMask, 0, ~0u, MeetingKind::OpenEnded, 0, 1, site},
       nullptr, &result);
  return result;
}

} // extern "C"
} // namespace weft::cusim
