//===- LoopOrder.cpp - A weak topological order of a graph ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LoopOrder.h"

#include <algorithm>

namespace weft::cusim {
namespace {

/// Each level costs a walk over its blocks, and a text may nest as it likes.
constexpr unsigned MaximumDepth = 256;

class Orderer {
public:
  Orderer(const std::vector<std::vector<uint32_t>> &edges, LoopOrder &order)
      : edges(edges), order(order), level(edges.size(), 0),
        index(edges.size(), 0), low(edges.size(), 0), onStack(edges.size()) {}

  Status run() {
    number();
    std::vector<uint32_t> all(reversePostOrder.size());
    for (uint32_t i = 0; i < all.size(); ++i)
      all[i] = reversePostOrder[i];
    return visit(all, 1, std::nullopt);
  }

private:
  const std::vector<std::vector<uint32_t>> &edges;
  LoopOrder &order;
  /// The depth of recursion that a node takes part in; 0: not reachable.
  std::vector<uint32_t> level;
  std::vector<uint32_t> index, low;
  std::vector<bool> onStack;
  std::vector<uint32_t> reversePostOrder;
  std::vector<uint32_t> place;

  struct Frame {
    uint32_t node;
    size_t edge;
  };

  /// Reverse post-order of what can be reached; no recursion, since a text may
  /// have any number of blocks.
  void number() {
    std::vector<bool> isSeen(edges.size());
    std::vector<Frame> stack = {{0, 0}};
    isSeen[0] = true;
    while (!stack.empty()) {
      Frame &frame = stack.back();
      if (frame.edge == edges[frame.node].size()) {
        reversePostOrder.push_back(frame.node);
        stack.pop_back();
        continue;
      }
      uint32_t next = edges[frame.node][frame.edge++];
      if (next < edges.size() && !isSeen[next]) {
        isSeen[next] = true;
        stack.push_back({next, 0});
      }
    }
    std::reverse(reversePostOrder.begin(), reversePostOrder.end());
    place.assign(edges.size(), 0);
    for (uint32_t i = 0; i < reversePostOrder.size(); ++i)
      place[reversePostOrder[i]] = i;
  }

  /// Tarjan's strongly connected components of the nodes of `depth`, in
  /// topological order.
  std::vector<std::vector<uint32_t>>
  components(const std::vector<uint32_t> &nodes, uint32_t depth) {
    std::vector<std::vector<uint32_t>> result;
    std::vector<uint32_t> stack;
    uint32_t counter = 0;
    for (uint32_t node : nodes)
      index[node] = 0;
    auto enter = [&](std::vector<Frame> &frames, uint32_t node) {
      index[node] = low[node] = ++counter;
      stack.push_back(node);
      onStack[node] = true;
      frames.push_back({node, 0});
    };
    for (uint32_t root : nodes) {
      if (index[root])
        continue;
      std::vector<Frame> frames;
      enter(frames, root);
      while (!frames.empty()) {
        uint32_t node = frames.back().node;
        if (frames.back().edge < edges[node].size()) {
          uint32_t next = edges[node][frames.back().edge++];
          if (next >= edges.size() || level[next] != depth)
            continue;
          if (!index[next])
            enter(frames, next);
          else if (onStack[next])
            low[node] = std::min(low[node], index[next]);
          continue;
        }
        frames.pop_back();
        if (!frames.empty())
          low[frames.back().node] =
              std::min(low[frames.back().node], low[node]);
        if (low[node] != index[node])
          continue;
        std::vector<uint32_t> component;
        uint32_t member;
        do {
          member = stack.back();
          stack.pop_back();
          onStack[member] = false;
          component.push_back(member);
        } while (member != node);
        std::sort(component.begin(), component.end(),
                  [&](uint32_t a, uint32_t b) { return place[a] < place[b]; });
        result.push_back(std::move(component));
      }
    }
    std::reverse(result.begin(), result.end());
    return result;
  }

  Status visit(const std::vector<uint32_t> &nodes, uint32_t depth,
               std::optional<uint32_t> loop) {
    if (depth > MaximumDepth)
      return Status::error("loops are nested more than " +
                           std::to_string(MaximumDepth) + " deep");
    for (uint32_t node : nodes)
      level[node] = depth;
    for (const std::vector<uint32_t> &component : components(nodes, depth)) {
      uint32_t head = component.front();
      const std::vector<uint32_t> &next = edges[head];
      bool isLoop = component.size() > 1 ||
                    std::find(next.begin(), next.end(), head) != next.end();
      if (!isLoop) {
        append(head, loop);
        continue;
      }
      uint32_t number = order.loops.size();
      uint32_t begin = order.nodes.size();
      order.loops.push_back({.head = begin, .latch = begin, .parent = loop});
      append(head, number);
      // The head no longer belongs to the graph; what remains is ordered anew.
      level[head] = 0;
      WEFT_RETURN_IF_ERROR(
          visit(std::vector<uint32_t>(component.begin() + 1, component.end()),
                depth + 1, number));
      for (uint32_t node : component)
        level[node] = 0;
      order.loops[number].latch = order.nodes.size();
      append(std::nullopt, number);
    }
    return Status::ok();
  }

  void append(std::optional<uint32_t> node, std::optional<uint32_t> loop) {
    order.nodes.push_back(node);
    order.loopOf.push_back(loop);
  }
};

} // namespace

StatusOr<LoopOrder>
LoopOrder::of(const std::vector<std::vector<uint32_t>> &edges) {
  LoopOrder order;
  if (Status status = Orderer(edges, order).run(); !status)
    return status;
  return order;
}

} // namespace weft::cusim
