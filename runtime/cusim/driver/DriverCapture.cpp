//===- DriverCapture.cpp - Which streams capture --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Driver.h"

#include <algorithm>

using namespace weft;
using namespace weft::cusim;

CUstreamCaptureMode &cusim::captureModeOfThread() {
  static thread_local CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
  return mode;
}

std::shared_ptr<Capture> Driver::captureOf(CUstream_st &stream) {
  std::lock_guard lock(stream.mutex);
  return stream.capture;
}

CUresult Driver::isCapturing(CUstream handle, bool &captures) {
  std::shared_ptr<CUstream_st> stream;
  if (CUresult error = findStream(handle, stream))
    return error;
  captures = captureOf(*stream) != nullptr;
  return CUDA_SUCCESS;
}

CUresult Driver::beginCapture(const std::shared_ptr<CUstream_st> &stream,
                              CUstreamCaptureMode mode) {
  auto capture = std::make_shared<Capture>();
  capture->origin = stream.get();
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->graph = std::make_shared<CUgraph_st>();
  capture->graph->context = stream->context;
  capture->frontiers[stream.get()] = {};
  {
    std::lock_guard lock(stream->mutex);
    if (stream->capture)
      return CUDA_ERROR_ILLEGAL_STATE;
    stream->capture = capture;
  }
  std::lock_guard lock(captureMutex);
  captures.push_back(std::move(capture));
  return CUDA_SUCCESS;
}

CUresult Driver::joinCapture(CUstream_st &stream,
                             const std::shared_ptr<Capture> &capture,
                             const std::set<unsigned> &nodes) {
  {
    std::lock_guard lock(stream.mutex);
    if (stream.capture && stream.capture != capture)
      return CUDA_ERROR_STREAM_CAPTURE_MERGE;
    if (stream.isLegacy())
      return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    {
      std::lock_guard captureLock(captureMutex);
      // The event is of a capture that has ended.
      if (std::find(captures.begin(), captures.end(), capture) ==
          captures.end())
        return CUDA_ERROR_INVALID_VALUE;
    }
    stream.capture = capture;
  }
  std::lock_guard lock(capture->mutex);
  capture->frontiers[&stream].insert(nodes.begin(), nodes.end());
  return CUDA_SUCCESS;
}

void Driver::endCapture(const std::shared_ptr<Capture> &capture) {
  {
    std::lock_guard lock(captureMutex);
    std::erase(captures, capture);
  }
  for (const auto &stream :
       streams.findIf([](const CUstream_st &) { return true; })) {
    std::lock_guard lock(stream->mutex);
    if (stream->capture == capture)
      stream->capture.reset();
  }
}

bool Driver::isBlockingStreamCapturing(const CUctx_st &context) {
  std::lock_guard lock(captureMutex);
  for (const std::shared_ptr<Capture> &capture : captures)
    if (capture->origin->context == &context && capture->origin->isBlocking()) {
      std::lock_guard captureLock(capture->mutex);
      capture->isInvalid = true;
      return true;
    }
  return false;
}

CUresult Driver::refuseWhileCapturing() {
  if (captureModeOfThread() == CU_STREAM_CAPTURE_MODE_RELAXED)
    return CUDA_SUCCESS;
  std::lock_guard lock(captureMutex);
  for (const std::shared_ptr<Capture> &capture : captures) {
    bool isOwn = capture->thread == std::this_thread::get_id();
    bool forbids =
        capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL
            ? isOwn || captureModeOfThread() == CU_STREAM_CAPTURE_MODE_GLOBAL
            : isOwn && capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED;
    if (!forbids)
      continue;
    std::lock_guard captureLock(capture->mutex);
    capture->isInvalid = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  return CUDA_SUCCESS;
}
