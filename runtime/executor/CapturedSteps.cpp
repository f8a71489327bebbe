//===- CapturedSteps.cpp - Commands that are given at once ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/CapturedSteps.h"

#include <algorithm>

using namespace weft;

static constexpr unsigned runsBeforeCapture = 2;
// One command is given as fast as a graph of it.
static constexpr size_t leastCommands = 2;

static bool canCapture(const Op &op) {
  if (op.isDynamic)
    return false;
  switch (op.kind) {
  case Op::Kind::Launch:
  case Op::Kind::Gemm:
  case Op::Kind::Copy:
  case Op::Kind::Fill:
    return true;
  // Collectives meet on the host; events in a graph are none outside of it.
  case Op::Kind::Collective:
  case Op::Kind::Read:
  case Op::Kind::Jump:
  case Op::Kind::Signal:
  case Op::Kind::Wait:
    break;
  }
  return false;
}

CapturedSteps::CapturedSteps(const ProgramVariant &program, const Queue &queue)
    : program(&program) {
  if (program.queues != 1 || !queue.canCapture())
    return;
  std::vector<bool> isTarget(program.ops.size() + 1);
  for (const JumpOp &jump : program.jumps)
    isTarget[jump.target] = true;
  for (size_t begin = 0; begin != program.ops.size();) {
    size_t end = begin;
    while (end != program.ops.size() && canCapture(program.ops[end]) &&
           (end == begin || !isTarget[end]))
      ++end;
    if (end - begin >= leastCommands)
      steps.push_back({begin, end, steps.size()});
    begin = std::max(end, begin + 1);
  }
  graphs.resize(steps.size());
  isPossible = !steps.empty();
}

void CapturedSteps::beginRun(std::span<void *const> addresses) {
  isActive = false;
  if (!isPossible || addresses.empty())
    return;
  bool moved = places.empty();
  places.resize(program->buffers.size());
  for (size_t i = 0; i != places.size(); ++i) {
    // Where those lie is known later, and no captured command uses them.
    if (program->buffers[i].isDynamic || places[i] == addresses[i])
      continue;
    places[i] = addresses[i];
    moved = true;
  }
  if (moved) {
    runs = 0;
    for (std::unique_ptr<Graph> &graph : graphs)
      graph = nullptr;
  }
  isActive = runs == runsBeforeCapture;
  runs = std::min(runs + 1, runsBeforeCapture);
}

const CapturedSteps::Step *CapturedSteps::findStep(size_t command) const {
  auto step = std::lower_bound(
      steps.begin(), steps.end(), command,
      [](const Step &step, size_t at) { return step.begin < at; });
  return step != steps.end() && step->begin == command ? &*step : nullptr;
}
