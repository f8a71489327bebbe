//===- Communicator.cpp - A rank and its stream work ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/nccl/Communicator.h"
#include "runtime/cusim/driver/HostWork.h"

#include <algorithm>
#include <cstdio>

using namespace weft;
using namespace weft::cuda;
using namespace weft::cusim;

ncclResult_t cusim::refuse(ncclResult_t error, const std::string &message) {
  std::fprintf(stderr, "cusim: nccl: %s\n", message.c_str());
  return error;
}

namespace {
/// The communicators of this process. A rank that waits needs the others'
/// streams to come to the same work: with late streams (CUSIM_STREAMS=late)
/// somebody has to ask for it.
struct Registry {
  std::mutex mutex;
  std::vector<std::shared_ptr<ncclComm>> communicators;
  /// Names of groups in which somebody waits.
  std::vector<std::string> waiting;
};
} // namespace

static Registry &registry() {
  static Registry *registry = new Registry;
  return *registry;
}

/// A query asks a late stream for the work that is in it.
static void demand(CUcontext context, CUstream stream) {
  CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
  cuThreadExchangeStreamCaptureMode(&mode);
  if (cuCtxPushCurrent_v2(context) == CUDA_SUCCESS) {
    cuStreamQuery(stream);
    cuCtxPopCurrent_v2(nullptr);
  }
  cuThreadExchangeStreamCaptureMode(&mode);
}

/// Of the other ranks in this process.
static void demandPeers(const ncclComm &own) {
  std::vector<std::shared_ptr<ncclComm>> peers;
  {
    std::lock_guard lock(registry().mutex);
    for (const std::shared_ptr<ncclComm> &peer : registry().communicators)
      if (peer.get() != &own && peer->name == own.name)
        peers.push_back(peer);
  }
  for (const std::shared_ptr<ncclComm> &peer : peers) {
    std::unique_lock lock(peer->mutex);
    CUstream stream = peer->stream;
    lock.unlock();
    demand(peer->context, stream);
  }
}

static void setWaiting(const std::string &name, bool isWaiting) {
  std::lock_guard lock(registry().mutex);
  std::vector<std::string> &waiting = registry().waiting;
  if (isWaiting)
    waiting.push_back(name);
  else
    waiting.erase(std::find(waiting.begin(), waiting.end(), name));
}

static bool isAwaited(const std::string &name) {
  std::lock_guard lock(registry().mutex);
  const std::vector<std::string> &waiting = registry().waiting;
  return std::find(waiting.begin(), waiting.end(), name) != waiting.end();
}

void ncclComm::fail(const std::string &message) {
  std::lock_guard lock(mutex);
  if (error == ncclSuccess)
    error = refuse(ncclInvalidUsage, message);
}

ncclResult_t ncclComm::enqueue(CUstream wanted,
                               std::function<Status(SharedGroup &)> work) {
  if (cuCtxPushCurrent_v2(context) != CUDA_SUCCESS)
    return refuse(ncclUnhandledCudaError,
                  "the communicator's context was destroyed");
  ncclResult_t result = append(wanted, std::move(work));
  if (result == ncclSuccess && isAwaited(name))
    demand(context, wanted);
  cuCtxPopCurrent_v2(nullptr);
  return result;
}

ncclResult_t ncclComm::append(CUstream wanted,
                              std::function<Status(SharedGroup &)> work) {
  std::lock_guard lock(mutex);
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  if (cuStreamIsCapturing(wanted, &status) != CUDA_SUCCESS)
    return refuse(ncclUnhandledCudaError, "the stream is not one");
  bool captures = status != CU_STREAM_CAPTURE_STATUS_NONE;
  if (wanted != stream && !captures)
    cuStreamWaitEvent(wanted, lastWork, 0);
  stream = wanted;
  auto run = [self = shared_from_this(), work = std::move(work)] {
    setWaiting(self->name, true);
    demandPeers(*self);
    Status status = work(*self->group);
    setWaiting(self->name, false);
    if (!status)
      self->fail(status.message());
  };
  if (launchHostWork(wanted, std::move(run)) != CUDA_SUCCESS)
    return refuse(ncclUnhandledCudaError, "the stream takes no more work");
  if (!captures)
    cuEventRecord(lastWork, wanted);
  return ncclSuccess;
}

ncclResult_t cusim::makeCommunicator(ncclComm_t *communicator,
                                     const std::string &name, unsigned ranks,
                                     unsigned rank) {
  CUcontext context = nullptr;
  CUdevice device = 0;
  if (cuCtxGetCurrent(&context) != CUDA_SUCCESS || !context ||
      cuCtxGetDevice(&device) != CUDA_SUCCESS)
    return refuse(ncclUnhandledCudaError,
                  "no context is current for rank " + std::to_string(rank));
  StatusOr<std::unique_ptr<SharedGroup>> group =
      SharedGroup::join(name, ranks, rank);
  if (!group)
    return refuse(ncclSystemError, group.message());
  auto made = std::make_shared<ncclComm>();
  if (cuEventCreate(&made->lastWork, CU_EVENT_DISABLE_TIMING) != CUDA_SUCCESS)
    return refuse(ncclUnhandledCudaError, "the context makes no event");
  made->group = std::move(*group);
  made->name = name;
  made->context = context;
  made->device = device;
  *communicator = made.get();
  std::lock_guard lock(registry().mutex);
  registry().communicators.push_back(std::move(made));
  return ncclSuccess;
}

std::shared_ptr<ncclComm> cusim::findCommunicator(ncclComm_t handle) {
  std::lock_guard lock(registry().mutex);
  for (const std::shared_ptr<ncclComm> &known : registry().communicators)
    if (known.get() == handle)
      return known;
  return nullptr;
}

bool cusim::destroyCommunicator(ncclComm_t handle) {
  std::shared_ptr<ncclComm> communicator = findCommunicator(handle);
  if (!communicator)
    return false;
  {
    std::lock_guard lock(registry().mutex);
    std::erase(registry().communicators, communicator);
  }
  // A context that is gone took the event with it.
  if (cuCtxPushCurrent_v2(communicator->context) == CUDA_SUCCESS) {
    cuEventDestroy_v2(communicator->lastWork);
    cuCtxPopCurrent_v2(nullptr);
  }
  return true;
}
