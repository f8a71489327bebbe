//===- Communicator.cpp - A rank and its stream work ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/nccl/Communicator.h"

#include <algorithm>
#include <cstdio>

using namespace weft;
using namespace weft::cuda;
using namespace weft::cusim;

// Of the driver that this library is linked with: cusim's.
extern "C" {
CUresult cuCtxGetCurrent(CUcontext *context);
CUresult cuCtxGetDevice(CUdevice *device);
CUresult cuCtxPushCurrent_v2(CUcontext context);
CUresult cuCtxPopCurrent_v2(CUcontext *context);
CUresult cuStreamQuery(CUstream stream);
CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode *mode);
CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void *data);
}

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
  std::vector<ncclComm_t> communicators;
  /// Names of groups in which somebody waits.
  std::vector<std::string> waiting;
};

/// Work of a stream; a graph may run it many times, so it stays.
struct StreamWork {
  ncclComm_t communicator;
  std::function<Status(SharedGroup &)> run;
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
  std::vector<std::pair<CUcontext, CUstream>> streams;
  {
    std::lock_guard lock(registry().mutex);
    for (ncclComm_t peer : registry().communicators)
      if (peer != &own && peer->name == own.name) {
        std::lock_guard peerLock(peer->mutex);
        streams.emplace_back(peer->context, peer->stream);
      }
  }
  for (auto [context, stream] : streams)
    demand(context, stream);
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
  {
    std::lock_guard lock(mutex);
    stream = wanted;
  }
  auto *item = new StreamWork{this, std::move(work)};
  CUhostFn run = [](void *data) {
    auto &item = *static_cast<StreamWork *>(data);
    ncclComm &communicator = *item.communicator;
    setWaiting(communicator.name, true);
    demandPeers(communicator);
    Status status = item.run(*communicator.group);
    setWaiting(communicator.name, false);
    if (!status)
      communicator.fail(status.message());
  };
  if (cuLaunchHostFunc(wanted, run, item) != CUDA_SUCCESS)
    return refuse(ncclUnhandledCudaError, "the stream takes no more work");
  if (isAwaited(name))
    demand(context, wanted);
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
  auto made = std::make_unique<ncclComm>();
  made->group = std::move(*group);
  made->name = name;
  made->context = context;
  made->device = device;
  *communicator = made.release();
  std::lock_guard lock(registry().mutex);
  registry().communicators.push_back(*communicator);
  return ncclSuccess;
}

void cusim::destroyCommunicator(ncclComm_t communicator) {
  {
    std::lock_guard lock(registry().mutex);
    std::erase(registry().communicators, communicator);
  }
  delete communicator;
}
