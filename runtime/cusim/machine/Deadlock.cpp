//===- Deadlock.cpp - Strands that wait for ever --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Deadlock.h"
#include "runtime/cusim/machine/Core.h"
#include "runtime/cusim/machine/Memory.h"
#include "runtime/cusim/machine/Text.h"

#include <map>
#include <string>
#include <tuple>

namespace weft::cusim {
namespace {

constexpr size_t MaxGroups = 12;

std::string firstThread(const Fiber &fiber) {
  uint32_t tid[3] = {fiber.tid[0][0], fiber.tid[1][0], fiber.tid[2][0]};
  return triple(tid);
}

std::string whatFor(const Fiber &fiber) {
  switch (fiber.waiting) {
  case Waiting::Barrier:
    return "at barrier " + std::to_string(fiber.barrier) + ", ";
  case Waiting::Warp:
    return "for lanes of their warp, ";
  case Waiting::ClusterBarrier:
    return "at the barrier of the cluster, ";
  case Waiting::Memory:
    return "for an mbarrier or a copy, ";
  case Waiting::Nothing:
  case Waiting::Done:
    return "";
  }
  return "";
}

/// Strands that wait at one place.
struct Group {
  const Fiber *first = nullptr;
  size_t count = 0;
};

std::string describe(const Launch &launch, const Group &group) {
  const Fiber &first = *group.first;
  std::string who = first.width == 1 ? "thread " : "the warp of thread ";
  return std::to_string(group.count) +
         (first.width == 1 ? " thread" : " warp") +
         (group.count == 1 ? "" : "s") + " of block " + triple(first.ctaid) +
         ", the first " + who + firstThread(first) + ", " +
         (group.count == 1 ? "waits " : "wait ") + whatFor(first) + "at " +
         describeSite(launch, first.site);
}

using Groups =
    std::map<std::tuple<Block *, Waiting, uint32_t, uint32_t>, Group>;

Groups collect(Core &core, bool &isWarpSplit) {
  Groups groups;
  isWarpSplit = false;
  core.forEachBlock([&](Block &block) {
    const Fiber *before = nullptr;
    for (const Fiber &fiber : block.strands) {
      if (fiber.waiting == Waiting::Done || fiber.waiting == Waiting::Nothing)
        continue;
      uint32_t number = fiber.waiting == Waiting::Barrier ? fiber.barrier : 0;
      Group &group = groups[{&block, fiber.waiting, fiber.site, number}];
      if (!group.first)
        group.first = &fiber;
      ++group.count;
      isWarpSplit |=
          before && before->warp == fiber.warp &&
          (before->waiting != fiber.waiting || before->site != fiber.site);
      before = &fiber;
    }
  });
  return groups;
}

std::string describe(const Launch &launch, const Groups &groups) {
  std::string text;
  size_t written = 0;
  for (const auto &[key, group] : groups) {
    if (written++ == MaxGroups)
      return text + "\n    and " + std::to_string(groups.size() - MaxGroups) +
             " more groups";
    text += (text.empty() ? "" : "\n    ") + describe(launch, group);
  }
  return text;
}

Report reportOf(Core &core, const Fiber &fiber, Report::Kind kind) {
  Report report;
  report.kind = kind;
  describePlace(*core.launch, fiber, 0, fiber.site, report);
  return report;
}

} // namespace

void reportDeadlock(Core &core) {
  bool isWarpSplit;
  Groups groups = collect(core, isWarpSplit);
  if (groups.empty())
    return;
  Report report = reportOf(core, *groups.begin()->second.first,
                           isWarpSplit ? Report::Kind::BarrierDivergence
                                       : Report::Kind::Timeout);
  report.detail = "nothing can run any more: " + describe(*core.launch, groups);
  core.launch->add(std::move(report), /*isFatal=*/true);
}

void reportTimeout(Core &core, Fiber &running) {
  bool isWarpSplit;
  Groups groups = collect(core, isWarpSplit);
  Report report;
  report.kind = Report::Kind::Timeout;
  describeThread(*core.launch, running, 0, report);
  report.detail = "it loops, and the time limit of " +
                  std::to_string(core.launch->options.timeout) + " s is over";
  if (!groups.empty())
    report.detail += "; " + describe(*core.launch, groups);
  core.launch->add(std::move(report), /*isFatal=*/true);
}

} // namespace weft::cusim
