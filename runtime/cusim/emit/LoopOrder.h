//===- LoopOrder.h - A weak topological order of a graph --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_LOOPORDER_H
#define RUNTIME_CUSIM_EMIT_LOOPORDER_H

#include "runtime/cusim/emit/ControlFlow.h"

namespace weft::cusim {

/// The order that ControlFlow describes, for any graph whose node 0 is the
/// entry. An edge to a number that is no node leaves the graph.
struct LoopOrder {
  /// The node at each place of the order; nothing for a latch.
  std::vector<std::optional<uint32_t>> nodes;
  /// By place in the order: the innermost loop around it.
  std::vector<std::optional<uint32_t>> loopOf;
  /// Outer loops before inner ones; head and latch are places in the order.
  std::vector<FlowLoop> loops;

  static StatusOr<LoopOrder>
  of(const std::vector<std::vector<uint32_t>> &edges);
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_LOOPORDER_H
