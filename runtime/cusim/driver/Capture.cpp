//===- Capture.cpp - Graphs, and streams that record them -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Capture.h"

#include <random>

using namespace weft;
using namespace weft::cusim;

void Capture::add(cuda::CUstream stream, Operation operation) {
  std::set<unsigned> &frontier = frontiers[stream];
  unsigned number = graph->nodes.size();
  graph->nodes.push_back({std::move(operation), std::move(frontier)});
  frontier = {number};
}

bool Capture::isJoined() const {
  auto last = frontiers.find(origin);
  std::vector<bool> isReached(graph->nodes.size());
  if (last != frontiers.end())
    for (unsigned node : last->second)
      isReached[node] = true;
  for (unsigned node = graph->nodes.size(); node-- > 0;) {
    if (!isReached[node])
      return false;
    for (unsigned before : graph->nodes[node].dependencies)
      isReached[before] = true;
  }
  return true;
}

cuda::CUgraphExecUpdateResult
cusim::compareGraphs(const cuda::CUgraph_st &old,
                     const cuda::CUgraph_st &updated, unsigned &node) {
  node = 0;
  if (old.nodes.size() != updated.nodes.size())
    return cuda::CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
  for (; node < old.nodes.size(); ++node) {
    const cuda::CUgraphNode_st &before = old.nodes[node];
    const cuda::CUgraphNode_st &after = updated.nodes[node];
    if (before.dependencies != after.dependencies)
      return cuda::CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
    if (before.operation.kind != after.operation.kind)
      return cuda::CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED;
    if (before.operation.function != after.operation.function)
      return cuda::CU_GRAPH_EXEC_UPDATE_ERROR_FUNCTION_CHANGED;
  }
  return cuda::CU_GRAPH_EXEC_UPDATE_SUCCESS;
}

void cusim::runGraph(const cuda::CUgraph_st &graph, uint64_t seed) {
  if (seed == 0) {
    for (const cuda::CUgraphNode_st &node : graph.nodes)
      node.operation.run();
    return;
  }
  std::mt19937_64 random(seed);
  std::vector<unsigned> waitsFor(graph.nodes.size()), ready;
  std::vector<std::vector<unsigned>> dependents(graph.nodes.size());
  for (unsigned node = 0; node < graph.nodes.size(); ++node) {
    const std::set<unsigned> &dependencies = graph.nodes[node].dependencies;
    waitsFor[node] = dependencies.size();
    for (unsigned before : dependencies)
      dependents[before].push_back(node);
    if (dependencies.empty())
      ready.push_back(node);
  }
  while (!ready.empty()) {
    std::swap(ready[random() % ready.size()], ready.back());
    unsigned node = ready.back();
    ready.pop_back();
    graph.nodes[node].operation.run();
    for (unsigned next : dependents[node])
      if (--waitsFor[next] == 0)
        ready.push_back(next);
  }
}
