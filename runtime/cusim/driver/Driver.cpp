//===- Driver.cpp - State of the driver, and entry of its calls -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Driver.h"

#include <cstdio>
#include <pthread.h>

using namespace weft;
using namespace weft::cusim;

static std::atomic<Driver *> theDriver = nullptr;
/// In a child of a process that used the driver: its threads are not here.
static std::atomic<bool> isForked = false;

Driver *Driver::get() { return theDriver.load(std::memory_order_acquire); }

CUresult Driver::initialize() {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  if (get())
    return CUDA_SUCCESS;
  if (isForked)
    return refuse(CUDA_ERROR_NOT_INITIALIZED, "cuInit",
                  "the parent process used the driver before it forked");
  StatusOr<Settings> settings = Settings::fromEnvironment();
  if (!settings)
    return refuse(CUDA_ERROR_INVALID_VALUE, "cuInit", settings.message());
  if (settings->devices == 0)
    return CUDA_ERROR_NO_DEVICE;
  theDriver.store(new Driver(std::move(*settings)), std::memory_order_release);
  pthread_atfork(nullptr, nullptr, [] {
    isForked = true;
    theDriver = nullptr;
  });
  return CUDA_SUCCESS;
}

Driver::Driver(Settings wanted)
    : settings(std::move(wanted)),
      architecture(*findArchitecture(settings.arch)),
      addresses(settings.devices) {
  for (unsigned ordinal = 0; ordinal < settings.devices; ++ordinal) {
    addresses.setCapacity(ordinal, settings.memory ? settings.memory
                                                   : architecture.memoryBytes);
    devices.push_back(
        std::make_unique<Device>(ordinal, addresses, settings.schedule));
    primaries.push_back(std::make_unique<PrimaryContext>());
  }
}

CUresult cusim::refuse(CUresult error, const char *call,
                       const std::string &message) {
  std::fprintf(stderr, "cusim: %s: %s\n", call, message.c_str());
  return error;
}

std::shared_ptr<CUctx_st> Driver::makeContext(unsigned device, bool isPrimary) {
  auto context = std::make_shared<CUctx_st>();
  context->device = device;
  context->isPrimary = isPrimary;
  contexts.add(context);
  context->legacy = makeStream(context.get(), CU_STREAM_DEFAULT);
  context->perThread = makeStream(context.get(), CU_STREAM_DEFAULT);
  return context;
}

std::shared_ptr<CUstream_st> Driver::makeStream(CUcontext context,
                                                unsigned flags) {
  auto stream = std::make_shared<CUstream_st>();
  stream->context = context;
  stream->flags = flags;
  stream->queue = std::make_shared<StreamQueue>(settings.isLate);
  streams.add(stream);
  return stream;
}

void Driver::destroyStream(const std::shared_ptr<CUstream_st> &stream) {
  if (std::shared_ptr<Capture> capture = captureOf(*stream)) {
    if (capture->origin == stream.get())
      endCapture(capture);
    std::lock_guard lock(capture->mutex);
    capture->isInvalid = true;
  }
  streams.remove(stream.get());
  stream->queue->close();
}

void Driver::destroyContext(const std::shared_ptr<CUctx_st> &context) {
  synchronize(*context);
  contexts.remove(context.get());
  context->fault = CUDA_ERROR_CONTEXT_IS_DESTROYED;
  auto isOfContext = [&](const auto &object) {
    return object.context == context.get();
  };
  for (const auto &stream : streams.findIf(isOfContext))
    destroyStream(stream);
  for (const auto &event : events.findIf(isOfContext))
    events.remove(event.get());
  for (const auto &executable : executables.findIf(isOfContext))
    executables.remove(executable.get());
  for (const auto &graph : graphs.findIf(isOfContext))
    graphs.remove(graph.get());
  for (const auto &module : modules.findIf(isOfContext)) {
    for (const auto &[name, function] : module->functions)
      functions.remove(function);
    modules.remove(module.get());
  }
  {
    std::lock_guard lock(context->mutex);
    for (uint64_t address : context->allocations)
      (void)addresses.free(address);
    for (void *address : context->registrations)
      (void)addresses.unregisterHost(address);
    context->allocations.clear();
    context->registrations.clear();
  }
  for (unsigned peer : context->peers)
    updatePeerAccess(context->device, peer);
  std::lock_guard lock(destroyedMutex);
  destroyedContexts.push_back(context);
}

void Driver::updatePeerAccess(unsigned device, unsigned peer) {
  std::lock_guard lock(peerMutex);
  auto users = contexts.findIf([&](const CUctx_st &context) {
    std::lock_guard contextLock(context.mutex);
    return context.device == device && context.peers.count(peer);
  });
  if (addresses.canAccess(device, peer) == users.empty())
    (void)addresses.setPeerAccess(device, peer, !users.empty());
}

CUresult Driver::synchronize(CUctx_st &context) {
  for (const auto &stream : streams.findIf([&](const CUstream_st &stream) {
         return stream.context == &context;
       }))
    stream->queue->end().wait();
  return context.fault;
}

void Driver::fail(CUctx_st &context, CUresult fault,
                  const std::string &message) {
  CUresult expected = CUDA_SUCCESS;
  context.fault.compare_exchange_strong(expected, fault);
  std::fprintf(stderr, "%s\n", message.c_str());
}

CUresult Driver::findStream(CUstream handle,
                            std::shared_ptr<CUstream_st> &stream) {
  CUcontext context = contextStack().back();
  if (handle == nullptr || handle == CU_STREAM_LEGACY)
    stream = context->legacy;
  else if (handle == CU_STREAM_PER_THREAD)
    stream = context->perThread;
  else
    stream = streams.find(handle);
  if (!stream)
    return CUDA_ERROR_INVALID_HANDLE;
  return stream->context == context ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

std::vector<StreamPoint> Driver::dependenciesOf(CUstream_st &stream) {
  if (!stream.isBlocking())
    return {};
  if (!stream.isLegacy())
    return {stream.context->legacy->queue->end()};
  std::vector<StreamPoint> points;
  for (const auto &other : streams.findIf([&](const CUstream_st &other) {
         return other.context == stream.context && other.isBlocking() &&
                &other != &stream;
       }))
    points.push_back(other->queue->end());
  return points;
}

std::vector<StreamPoint> Driver::endsOf(CUstream_st &stream) {
  std::vector<StreamPoint> points;
  if (stream.isLegacy())
    points = dependenciesOf(stream);
  points.push_back(stream.queue->end());
  return points;
}

CUresult Driver::submit(CUstream handle, Operation operation,
                        StreamPoint *previous) {
  std::shared_ptr<CUstream_st> stream;
  if (CUresult error = findStream(handle, stream))
    return error;
  // What follows a fault does not run.
  operation.run = [context = stream->context, run = std::move(operation.run)] {
    if (context->fault == CUDA_SUCCESS)
      run();
  };
  std::lock_guard lock(stream->mutex);
  if (stream->capture) {
    std::lock_guard captureLock(stream->capture->mutex);
    if (stream->capture->isInvalid)
      return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    stream->capture->add(stream.get(), std::move(operation));
    return CUDA_SUCCESS;
  }
  if (stream->isLegacy() && isBlockingStreamCapturing(*stream->context))
    return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
  std::vector<StreamPoint> points;
  if (previous)
    points.push_back(*previous);
  StreamPoint point =
      enqueue(*stream, std::move(points), std::move(operation.run));
  if (previous)
    *previous = std::move(point);
  return CUDA_SUCCESS;
}

StreamPoint Driver::enqueue(CUstream_st &stream,
                            std::vector<StreamPoint> points,
                            std::function<void()> work) {
  for (StreamPoint &point : dependenciesOf(stream))
    points.push_back(std::move(point));
  return stream.queue->enqueue(std::move(points), std::move(work));
}

CUresult Driver::wait(CUstream handle) {
  std::shared_ptr<CUstream_st> stream;
  if (CUresult error = findStream(handle, stream))
    return error;
  if (std::shared_ptr<Capture> capture = captureOf(*stream)) {
    std::lock_guard lock(capture->mutex);
    capture->isInvalid = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  for (const StreamPoint &point : endsOf(*stream))
    point.wait();
  return stream->context->fault;
}

CUresult Driver::query(CUstream handle) {
  std::shared_ptr<CUstream_st> stream;
  if (CUresult error = findStream(handle, stream))
    return error;
  if (captureOf(*stream))
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  bool isDone = true;
  for (const StreamPoint &point : endsOf(*stream)) {
    point.demand();
    isDone &= point.isDone();
  }
  return isDone ? stream->context->fault.load() : CUDA_ERROR_NOT_READY;
}

CUresult Driver::submitAndWait(Operation operation) {
  if (CUresult error = refuseWhileCapturing())
    return error;
  if (CUresult error = submit(nullptr, std::move(operation)))
    return error;
  CUcontext context = contextStack().back();
  context->legacy->queue->end().wait();
  return context->fault;
}

std::vector<CUcontext> &cusim::contextStack() {
  static thread_local std::vector<CUcontext> stack;
  return stack;
}

Entry::Entry(bool mayBeFaulted) : driver(Driver::get()) {
  if (!driver) {
    result = CUDA_ERROR_NOT_INITIALIZED;
    return;
  }
  if (contextStack().empty()) {
    result = CUDA_ERROR_INVALID_CONTEXT;
    return;
  }
  context = driver->contexts.find(contextStack().back());
  if (!context)
    result = CUDA_ERROR_CONTEXT_IS_DESTROYED;
  else if (!mayBeFaulted)
    result = context->fault;
}
