//===- CudaGraph.cpp - Steps that are captured and run again --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/CudaQueue.h"

using namespace weft;
using namespace weft::cuda;

namespace {
/// The executable form of what a stream was given.
class CudaGraph final : public Graph {
public:
  CudaGraph(std::shared_ptr<Context> context,
            std::vector<LaunchedKernel> kernels)
      : kernels(std::move(kernels)), context(std::move(context)) {}
  ~CudaGraph() override {
    if (executable && context->enter())
      context->functions().cuGraphExecDestroy(executable);
  }

  CUgraphExec executable = nullptr;
  const std::vector<LaunchedKernel> kernels; // for errors

private:
  std::shared_ptr<Context> context;
};
} // namespace

Status CudaQueue::beginCapture() {
  WEFT_RETURN_IF_ERROR(enter());
  // Other ranks' threads go on allocating.
  WEFT_CUDA_CALL(context->driver(), cuStreamBeginCapture_v2, handle,
                 CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  isCapturing = true;
  captured.clear();
  return Status::ok();
}

StatusOr<std::unique_ptr<Graph>> CudaQueue::endCapture() {
  isCapturing = false;
  const DriverLibrary &driver = context->driver();
  CUgraph graph = nullptr;
  WEFT_CUDA_CALL(driver, cuStreamEndCapture, handle, &graph);
  auto result = std::make_unique<CudaGraph>(context, std::move(captured));
  CUresult instantiated = driver.functions().cuGraphInstantiateWithFlags(
      &result->executable, graph, 0);
  driver.functions().cuGraphDestroy(graph);
  WEFT_RETURN_IF_ERROR(
      driver.check(instantiated, "cuGraphInstantiateWithFlags"));
  ++context->captures;
  return std::unique_ptr<Graph>(std::move(result));
}

Status CudaQueue::replay(Graph &graph) {
  auto &own = static_cast<CudaGraph &>(graph);
  WEFT_RETURN_IF_ERROR(enter());
  WEFT_RETURN_IF_ERROR(
      check(context->functions().cuGraphLaunch(own.executable, handle),
            "cuGraphLaunch"));
  pending.insert(pending.end(), own.kernels.begin(), own.kernels.end());
  ++context->replays;
  return Status::ok();
}
