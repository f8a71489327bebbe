//===- CapturedSteps.h - Commands that are given at once --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_EXECUTOR_CAPTUREDSTEPS_H
#define RUNTIME_EXECUTOR_CAPTUREDSTEPS_H

#include "runtime/device/Queue.h"
#include "runtime/executor/Program.h"

#include <optional>

namespace weft {

/// The parts of a program that a device can capture, for one set of sizes:
/// giving a device hundreds of commands takes longer than it takes to do them,
/// where each is small. A part is commands in a row, without a jump, a read or
/// anything whose numbers the data give: its launches are the same in each run
/// as long as buffers stay where they are. Values that change from run to run
/// lie in buffers.
///
/// The first two runs give their commands one by one (libraries choose and load
/// what they need), the third captures, later ones replay. When a buffer moves,
/// it begins anew.
class CapturedSteps {
public:
  struct Step {
    size_t begin, end; // commands
    size_t index;
  };

  CapturedSteps() = default;
  /// `program` must outlive this object, if it is used. Programs on several
  /// queues are not captured.
  CapturedSteps(const ProgramVariant &program, const Queue &queue);

  /// A run begins with buffers at these addresses; with none, it captures and
  /// replays nothing.
  void beginRun(std::span<void *const> addresses);
  /// The step that begins with this command, if this run captures or replays.
  const Step *stepAt(size_t command) const {
    return isActive ? findStep(command) : nullptr;
  }

  bool isCaptured(const Step &step) const {
    return graphs[step.index] != nullptr;
  }
  void keep(const Step &step, std::unique_ptr<Graph> graph) {
    graphs[step.index] = std::move(graph);
  }
  Graph &graph(const Step &step) { return *graphs[step.index]; }
  /// The device could not: all runs give their commands one by one.
  void giveUp() { isActive = isPossible = false; }

private:
  const Step *findStep(size_t command) const;

  const ProgramVariant *program = nullptr;
  std::vector<Step> steps; // in order
  std::vector<std::unique_ptr<Graph>> graphs;
  std::vector<void *> places; // of buffers, in the runs before
  unsigned runs = 0;          // with these places
  bool isActive = false, isPossible = false;
};

} // namespace weft

#endif // RUNTIME_EXECUTOR_CAPTUREDSTEPS_H
