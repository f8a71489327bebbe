//===- ApiStream.cpp - Calls for streams and events -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Driver.h"

#include <chrono>

using namespace weft::cusim;

CUSIM_EXPORT cuStreamCreate(CUstream *stream, unsigned flags) {
  CUSIM_ENTER();
  if (!stream || flags & ~CU_STREAM_NON_BLOCKING)
    return CUDA_ERROR_INVALID_VALUE;
  *stream = entry.driver->makeStream(entry.context.get(), flags).get();
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuStreamCreateWithPriority(CUstream *stream, unsigned flags, int) {
  return cuStreamCreate(stream, flags);
}

CUSIM_EXPORT cuStreamDestroy_v2(CUstream handle) {
  CUSIM_ENTER(/*mayBeFaulted=*/true);
  std::shared_ptr<CUstream_st> stream = entry.driver->streams.find(handle);
  if (!stream || stream == entry.context->legacy ||
      stream == entry.context->perThread)
    return CUDA_ERROR_INVALID_HANDLE;
  // A driver lets the work go on and returns; nobody can tell the difference
  // but by time.
  stream->queue->end().wait();
  entry.driver->destroyStream(stream);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuStreamSynchronize(CUstream handle) {
  CUSIM_ENTER();
  if (CUresult error = entry.driver->refuseWhileCapturing())
    return error;
  return entry.driver->wait(handle);
}

CUSIM_EXPORT cuStreamQuery(CUstream handle) {
  CUSIM_ENTER();
  if (CUresult error = entry.driver->refuseWhileCapturing())
    return error;
  return entry.driver->query(handle);
}

CUSIM_EXPORT cuEventCreate(CUevent *handle, unsigned flags) {
  CUSIM_ENTER();
  if (!handle || flags & ~(CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING))
    return CUDA_ERROR_INVALID_VALUE;
  auto event = std::make_shared<CUevent_st>();
  event->context = entry.context.get();
  event->flags = flags;
  *handle = entry.driver->events.add(std::move(event));
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuEventDestroy_v2(CUevent handle) {
  CUSIM_ENTER(/*mayBeFaulted=*/true);
  return entry.driver->events.remove(handle) ? CUDA_SUCCESS
                                             : CUDA_ERROR_INVALID_HANDLE;
}

static int64_t nanoseconds() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

CUSIM_EXPORT cuEventRecord(CUevent handle, CUstream streamHandle) {
  CUSIM_ENTER();
  std::shared_ptr<CUevent_st> event = entry.driver->events.find(handle);
  if (!event)
    return CUDA_ERROR_INVALID_HANDLE;
  std::shared_ptr<CUstream_st> stream;
  if (CUresult error = entry.driver->findStream(streamHandle, stream))
    return error;
  if (event->context != stream->context)
    return CUDA_ERROR_INVALID_HANDLE;
  std::lock_guard lock(event->mutex);
  if (std::shared_ptr<Capture> capture = entry.driver->captureOf(*stream)) {
    std::lock_guard captureLock(capture->mutex);
    event->capture = capture;
    event->capturedNodes = capture->frontiers[stream.get()];
    return CUDA_SUCCESS;
  }
  auto time = std::make_shared<std::atomic<int64_t>>(0);
  // A record happens after a fault too: else waiting for it would not end.
  event->point =
      entry.driver->enqueue(*stream, {}, [time] { *time = nanoseconds(); });
  event->time = time;
  event->capture.reset();
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuStreamWaitEvent(CUstream streamHandle, CUevent handle,
                               unsigned flags) {
  CUSIM_ENTER();
  std::shared_ptr<CUevent_st> event = entry.driver->events.find(handle);
  if (!event)
    return CUDA_ERROR_INVALID_HANDLE;
  std::shared_ptr<CUstream_st> stream;
  if (CUresult error = entry.driver->findStream(streamHandle, stream))
    return error;
  std::lock_guard lock(event->mutex);
  if (event->capture)
    return entry.driver->joinCapture(*stream, event->capture,
                                     event->capturedNodes);
  if (std::shared_ptr<Capture> capture = entry.driver->captureOf(*stream)) {
    std::lock_guard captureLock(capture->mutex);
    capture->isInvalid = true;
    return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
  }
  if (event->point.queue)
    entry.driver->enqueue(*stream, {event->point}, [] {});
  return CUDA_SUCCESS;
}

/// The point of the event's last record; an error for a captured event.
static CUresult pointOf(Driver &driver, CUevent handle, StreamPoint &point) {
  std::shared_ptr<CUevent_st> event = driver.events.find(handle);
  if (!event)
    return CUDA_ERROR_INVALID_HANDLE;
  std::lock_guard lock(event->mutex);
  if (event->capture)
    return CUDA_ERROR_CAPTURED_EVENT;
  point = event->point;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuEventSynchronize(CUevent handle) {
  CUSIM_ENTER();
  StreamPoint point;
  if (CUresult error = pointOf(*entry.driver, handle, point))
    return error;
  point.wait();
  return entry.context->fault;
}

CUSIM_EXPORT cuEventQuery(CUevent handle) {
  CUSIM_ENTER();
  StreamPoint point;
  if (CUresult error = pointOf(*entry.driver, handle, point))
    return error;
  point.demand();
  if (!point.isDone())
    return CUDA_ERROR_NOT_READY;
  return entry.context->fault;
}

CUSIM_EXPORT cuEventElapsedTime(float *milliseconds, CUevent startHandle,
                                CUevent endHandle) {
  CUSIM_ENTER();
  std::shared_ptr<CUevent_st> start = entry.driver->events.find(startHandle);
  std::shared_ptr<CUevent_st> end = entry.driver->events.find(endHandle);
  if (!milliseconds)
    return CUDA_ERROR_INVALID_VALUE;
  if (!start || !end || (start->flags | end->flags) & CU_EVENT_DISABLE_TIMING)
    return CUDA_ERROR_INVALID_HANDLE;
  int64_t times[2];
  for (unsigned i = 0; i < 2; ++i) {
    CUevent_st &event = *(i ? end : start);
    std::lock_guard lock(event.mutex);
    if (!event.time)
      return CUDA_ERROR_INVALID_HANDLE;
    event.point.demand();
    if (!event.point.isDone())
      return CUDA_ERROR_NOT_READY;
    times[i] = *event.time;
  }
  *milliseconds = (times[1] - times[0]) * 1e-6f;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuEventElapsedTime_v2(float *milliseconds, CUevent start,
                                   CUevent end) {
  return cuEventElapsedTime(milliseconds, start, end);
}
