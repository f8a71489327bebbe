//===- Capture.h - Graphs, and streams that record them ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_CAPTURE_H
#define RUNTIME_CUSIM_DRIVER_CAPTURE_H

#include "runtime/cuda_api/DriverTypes.h"
#include "runtime/cusim/driver/StreamQueue.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace weft::cusim {

/// Something a stream does: what cuGraphExecUpdate compares, and how it runs.
struct Operation {
  enum class Kind : uint8_t { Kernel, Copy, Fill, Host, Empty };
  Kind kind = Kind::Empty;
  /// The kernel's, nullptr for others.
  cuda::CUfunction function = nullptr;
  std::function<void()> run;
};

} // namespace weft::cusim

namespace weft::cuda {

struct CUgraphNode_st {
  cusim::Operation operation;
  /// Earlier nodes of the graph.
  std::set<unsigned> dependencies;
};

struct CUgraph_st {
  /// Of the stream where the capture began.
  CUcontext context = nullptr;
  /// In an order that keeps dependencies; addresses are handles.
  std::deque<CUgraphNode_st> nodes;
};

struct CUgraphExec_st {
  CUcontext context = nullptr;
  std::mutex mutex;
  std::shared_ptr<const CUgraph_st> graph;
  /// The end of its last launch: the next one waits for it, in any stream.
  cusim::StreamPoint lastLaunch;
};

} // namespace weft::cuda

namespace weft::cusim {

/// A capture in progress. `mutex` guards all that follows.
struct Capture {
  std::mutex mutex;
  cuda::CUstream origin = nullptr;
  cuda::CUstreamCaptureMode mode = cuda::CU_STREAM_CAPTURE_MODE_GLOBAL;
  std::thread::id thread;
  bool isInvalid = false;
  std::shared_ptr<cuda::CUgraph_st> graph;
  /// The nodes that a stream's next operation depends on, of each stream in it.
  std::map<cuda::CUstream, std::set<unsigned>> frontiers;

  /// Adds a node behind the stream's last.
  void add(cuda::CUstream stream, Operation operation);
  /// Whether every node is before one of the origin's last.
  bool isJoined() const;
};

/// Whether one graph may take the other's place: the same operations with the
/// same dependencies; `node` is the first that differs.
cuda::CUgraphExecUpdateResult compareGraphs(const cuda::CUgraph_st &old,
                                            const cuda::CUgraph_st &updated,
                                            unsigned &node);

/// Runs all nodes one after the other: in the order of capture, or with a seed
/// in a random order that keeps the dependencies.
void runGraph(const cuda::CUgraph_st &graph, uint64_t seed);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_DRIVER_CAPTURE_H
