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

#include <algorithm>
#include <bit>
#include <cstdio>

#include <alloca.h>

namespace weft::cusim {
namespace {

std::string hex(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof(text), "0x%08x", value);
  return text;
}

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

struct Arrival {
  CollectiveFunction function;
  uint64_t immediate;
  uint32_t members;
  bool isAligned;
  bool isOpenEnded;
  const uint32_t *operands;
  uint32_t operandWords;
  uint32_t *results;
  uint32_t resultWords;
  uint32_t site;

  bool belongsTo(const WarpMeeting &meeting) const {
    return meeting.function == function && meeting.immediate == immediate &&
           meeting.members == members && meeting.isAligned == isAligned &&
           (!(isAligned || isOpenEnded) || meeting.site == site);
  }
};

[[noreturn, gnu::noinline]] void refuseMembers(Fiber &fiber, uint32_t members,
                                               uint32_t site) {
  fault(&fiber, 0, Report::Kind::IllegalInstruction, site,
        "lane " + std::to_string(fiber.lane) +
            " is not in its own membermask " + hex(members));
}

/// A lane of a warp at width 1.
void meet(Fiber &fiber, const Arrival &arrival) {
  Block &block = *fiber.block;
  unsigned warp = fiber.warp;
  uint32_t own = 1u << fiber.lane;
  if (!(arrival.members & own)) [[unlikely]]
    refuseMembers(fiber, arrival.members, arrival.site);
  WarpMeeting *meeting = block.meetings[warp];
  while (meeting && (!arrival.belongsTo(*meeting) || (meeting->arrived & own)))
    meeting = meeting->next;
  WarpMeeting first;
  if (!meeting) {
    first.function = arrival.function;
    first.immediate = arrival.immediate;
    first.members = arrival.members;
    first.site = arrival.site;
    first.isAligned = arrival.isAligned;
    first.isOpenEnded = arrival.isOpenEnded;
    first.arrived = 0;
    first.operandWords = arrival.operandWords;
    first.resultWords = arrival.resultWords;
    first.next = block.meetings[warp];
    block.meetings[warp] = &first;
    meeting = &first;
  }
  meeting->arrived |= own;
  meeting->fibers[fiber.lane] = &fiber;
  meeting->operands[fiber.lane] = arrival.operands;
  meeting->results[fiber.lane] = arrival.results;
  fiber.site = arrival.site;
  if (meeting->arrived == (meeting->members & block.liveLanes[warp])) {
    completeMeeting(block, warp, *meeting, &fiber);
    block.core->maybeYield(fiber);
    return;
  }
  block.core->suspend(fiber, Waiting::Warp);
}

/// Runs a function at width 32, for lanes that execute it together.
void runWide(Fiber &fiber, uint32_t lanes, const Arrival &arrival) {
  Collective collective{&fiber,           lanes,
                        arrival.site,     arrival.immediate,
                        arrival.operands, arrival.results};
  arrival.function(collective);
}

} // namespace

void completeMeeting(Block &block, unsigned warp, WarpMeeting &meeting,
                     Fiber *self) {
  unlink(block, warp, meeting);
  block.core->noteProgress();
  uint32_t lanes = meeting.arrived;
  uint32_t operandWords = meeting.operandWords;
  uint32_t resultWords = meeting.resultWords;
  uint32_t *operands =
      block.core->scratch((operandWords + resultWords) * WarpSize);
  uint32_t *results = operands + operandWords * WarpSize;
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    auto lane = static_cast<unsigned>(std::countr_zero(rest));
    for (uint32_t word = 0; word < operandWords; ++word)
      operands[word * WarpSize + lane] = meeting.operands[lane][word];
  }
  Collective collective{meeting.fibers[std::countr_zero(lanes)],
                        lanes,
                        meeting.site,
                        meeting.immediate,
                        operands,
                        results};
  meeting.function(collective);
  // A lane outside of the membermask waits in no meeting of it.
  if (block.races && !meeting.isOpenEnded)
    block.races->joinLanes(warp, lanes);
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    auto lane = static_cast<unsigned>(std::countr_zero(rest));
    for (uint32_t word = 0; word < resultWords; ++word)
      meeting.results[lane][word] = results[word * WarpSize + lane];
    // The meeting lies on the stack of a lane: it is gone when that runs, but
    // nothing runs before the loop ends.
    if (meeting.fibers[lane] != self)
      block.core->makeReady(meeting.fibers[lane]);
  }
}

void completeMeetingsAfterExit(Block &block, unsigned warp) {
  WarpMeeting *meeting = block.meetings[warp];
  while (meeting) {
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
      if (meeting->isOpenEnded) {
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
  Arrival arrival{function,
                  immediate,
                  members ? members[0] : ~0u,
                  /*isAligned=*/members == nullptr,
                  /*isOpenEnded=*/false,
                  operands,
                  operandWords,
                  results,
                  resultWords,
                  site};
  if (fiber.width == 1)
    return meet(fiber, arrival);
  // Lanes with equal membermasks form a group.
  for (uint32_t rest = mask; rest;) {
    auto lane = static_cast<unsigned>(std::countr_zero(rest));
    arrival.members = members ? members[lane] : ~0u;
    uint32_t group = 1u << lane;
    for (uint32_t others = rest & (rest - 1); members && others;
         others &= others - 1)
      if (members[std::countr_zero(others)] == arrival.members)
        group |= others & -others;
    if (!members)
      group = rest;
    if (group & ~arrival.members)
      fault(strand, lane, Report::Kind::IllegalInstruction, site,
            "lanes " + hex(group & ~arrival.members) +
                " are not in their own membermask " + hex(arrival.members));
    if (group != (arrival.members & fiber.live))
      fault(strand, lane, Report::Kind::BarrierDivergence, site,
            "only lanes " + hex(group) + " come together of the members " +
                hex(arrival.members & fiber.live) +
                " that live; lanes that meet from several places need width 1");
    runWide(fiber, group, arrival);
    rest &= ~group;
  }
}

void cusim_lanewise(Strand *strand, uint32_t mask, CollectiveFunction function,
                    uint64_t immediate, const uint32_t *operands,
                    uint32_t operandWords, uint32_t *results,
                    uint32_t resultWords, uint32_t site) {
  auto &fiber = *static_cast<Fiber *>(strand);
  if (fiber.width != 1) {
    Collective collective{strand, mask, site, immediate, operands, results};
    return function(collective);
  }
  // The function may wait, so that the words lie on the lane's own stack.
  auto *words = static_cast<uint32_t *>(
      alloca((operandWords + resultWords) * WarpSize * sizeof(uint32_t)));
  uint32_t *wideResults = words + operandWords * WarpSize;
  for (uint32_t word = 0; word < operandWords; ++word)
    words[word * WarpSize + fiber.lane] = operands[word];
  Collective collective{strand, 1u << fiber.lane, site, immediate,
                        words,  wideResults};
  function(collective);
  for (uint32_t word = 0; word < resultWords; ++word)
    results[word] = wideResults[word * WarpSize + fiber.lane];
}

uint32_t cusim_active_mask(Strand *strand, uint32_t mask, uint32_t site) {
  auto &fiber = *static_cast<Fiber *>(strand);
  if (fiber.width != 1)
    return mask;
  uint32_t result = 1u << fiber.lane;
  meet(fiber, {answerActiveMask, 0, ~0u, /*isAligned=*/false,
               /*isOpenEnded=*/true, nullptr, 0, &result, 1, site});
  return result;
}

} // extern "C"
} // namespace weft::cusim
