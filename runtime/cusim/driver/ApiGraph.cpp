//===- ApiGraph.cpp - Calls for capture and graphs ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Driver.h"

#include <algorithm>

using namespace weft::cusim;

CUSIM_EXPORT cuStreamBeginCapture_v2(CUstream handle,
                                     CUstreamCaptureMode mode) {
  CUSIM_ENTER();
  if (mode < CU_STREAM_CAPTURE_MODE_GLOBAL ||
      mode > CU_STREAM_CAPTURE_MODE_RELAXED)
    return CUDA_ERROR_INVALID_VALUE;
  std::shared_ptr<CUstream_st> stream;
  if (CUresult error = entry.driver->findStream(handle, stream))
    return error;
  if (stream->isLegacy())
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  return entry.driver->beginCapture(stream, mode);
}

CUSIM_EXPORT cuStreamEndCapture(CUstream handle, CUgraph *graph) {
  CUSIM_ENTER();
  if (!graph)
    return CUDA_ERROR_INVALID_VALUE;
  *graph = nullptr;
  std::shared_ptr<CUstream_st> stream;
  if (CUresult error = entry.driver->findStream(handle, stream))
    return error;
  std::shared_ptr<Capture> capture = entry.driver->captureOf(*stream);
  if (!capture)
    return CUDA_ERROR_ILLEGAL_STATE;
  if (capture->origin != stream.get())
    return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
  if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED &&
      capture->thread != std::this_thread::get_id())
    return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
  entry.driver->endCapture(capture);
  std::lock_guard lock(capture->mutex);
  if (capture->isInvalid)
    return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (!capture->isJoined())
    return CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
  *graph = entry.driver->graphs.add(capture->graph);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuStreamIsCapturing(CUstream handle,
                                 CUstreamCaptureStatus *status) {
  CUSIM_ENTER();
  if (!status)
    return CUDA_ERROR_INVALID_VALUE;
  std::shared_ptr<CUstream_st> stream;
  if (CUresult error = entry.driver->findStream(handle, stream))
    return error;
  *status = CU_STREAM_CAPTURE_STATUS_NONE;
  if (std::shared_ptr<Capture> capture = entry.driver->captureOf(*stream)) {
    std::lock_guard lock(capture->mutex);
    *status = capture->isInvalid ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                 : CU_STREAM_CAPTURE_STATUS_ACTIVE;
  }
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode *mode) {
  CUSIM_ENTER_DRIVER();
  if (!mode)
    return CUDA_ERROR_INVALID_VALUE;
  std::swap(*mode, captureModeOfThread());
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuGraphInstantiateWithFlags(CUgraphExec *executable,
                                         CUgraph handle, unsigned long long) {
  CUSIM_ENTER();
  std::shared_ptr<CUgraph_st> graph = entry.driver->graphs.find(handle);
  if (!graph || !executable)
    return CUDA_ERROR_INVALID_VALUE;
  auto made = std::make_shared<CUgraphExec_st>();
  made->context = graph->context;
  made->graph = std::move(graph);
  *executable = entry.driver->executables.add(std::move(made));
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuGraphExecUpdate_v2(CUgraphExec handle, CUgraph graphHandle,
                                  CUgraphExecUpdateResultInfo *result) {
  CUSIM_ENTER();
  std::shared_ptr<CUgraphExec_st> executable =
      entry.driver->executables.find(handle);
  std::shared_ptr<CUgraph_st> graph = entry.driver->graphs.find(graphHandle);
  if (!executable || !graph || !result)
    return CUDA_ERROR_INVALID_VALUE;
  std::lock_guard lock(executable->mutex);
  unsigned node = 0;
  *result = {};
  result->result = compareGraphs(*executable->graph, *graph, node);
  if (result->result == CU_GRAPH_EXEC_UPDATE_SUCCESS) {
    executable->graph = std::move(graph);
    return CUDA_SUCCESS;
  }
  if (node < graph->nodes.size())
    result->errorNode = &graph->nodes[node];
  return CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
}

CUSIM_EXPORT cuGraphLaunch(CUgraphExec handle, CUstream stream) {
  CUSIM_ENTER();
  std::shared_ptr<CUgraphExec_st> executable =
      entry.driver->executables.find(handle);
  if (!executable)
    return CUDA_ERROR_INVALID_VALUE;
  std::lock_guard lock(executable->mutex);
  uint64_t seed = entry.driver->settings.schedule.seed;
  return entry.driver->submit(
      stream,
      {Operation::Kind::Empty, nullptr,
       [graph = executable->graph, seed] { runGraph(*graph, seed); }},
      &executable->lastLaunch);
}

CUSIM_EXPORT cuGraphGetNodes(CUgraph handle, CUgraphNode *nodes,
                             size_t *count) {
  CUSIM_ENTER();
  std::shared_ptr<CUgraph_st> graph = entry.driver->graphs.find(handle);
  if (!graph || !count)
    return CUDA_ERROR_INVALID_VALUE;
  if (nodes)
    for (size_t i = 0; i < *count; ++i)
      nodes[i] = i < graph->nodes.size() ? &graph->nodes[i] : nullptr;
  if (!nodes || *count > graph->nodes.size())
    *count = graph->nodes.size();
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuGraphDestroy(CUgraph graph) {
  CUSIM_ENTER(/*mayBeFaulted=*/true);
  return entry.driver->graphs.remove(graph) ? CUDA_SUCCESS
                                            : CUDA_ERROR_INVALID_VALUE;
}

CUSIM_EXPORT cuGraphExecDestroy(CUgraphExec executable) {
  CUSIM_ENTER(/*mayBeFaulted=*/true);
  return entry.driver->executables.remove(executable)
             ? CUDA_SUCCESS
             : CUDA_ERROR_INVALID_VALUE;
}
