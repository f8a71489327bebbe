//===- Objects.h - What handles of the driver stand for ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_OBJECTS_H
#define RUNTIME_CUSIM_DRIVER_OBJECTS_H

#include "runtime/cuda_api/DriverTypes.h"
#include "runtime/cusim/driver/Capture.h"
#include "runtime/cusim/driver/StreamQueue.h"
#include "runtime/cusim/machine/Device.h"

#include <atomic>
#include <map>
#include <set>
#include <string>

namespace weft::cuda {

struct CUctx_st {
  unsigned device = 0;
  bool isPrimary = false;
  /// The first fault; every call after it fails the same way.
  std::atomic<CUresult> fault = CUDA_SUCCESS;
  /// The legacy default stream, and that of each thread together.
  std::shared_ptr<CUstream_st> legacy, perThread;
  mutable std::mutex mutex;
  /// Memory that goes with the context: tagged and host addresses.
  std::set<uint64_t> allocations;
  /// Host memory that the program owns.
  std::set<void *> registrations;
  /// Devices whose memory its kernels may use.
  std::set<unsigned> peers;
};

struct CUmod_st {
  CUcontext context = nullptr;
  std::shared_ptr<cusim::CompiledModule> compiled;
  std::shared_ptr<cusim::LoadedModule> loaded;
  std::mutex mutex;
  std::map<std::string, CUfunction> functions;
};

struct CUfunc_st {
  /// Kept until the last launch that was enqueued has run.
  std::shared_ptr<CUmod_st> module;
  const cusim::CompiledKernel *kernel = nullptr;
  std::atomic<int> maxDynamicSharedBytes = 0;
  std::atomic<int> sharedCarveout = -1;
  std::atomic<bool> allowsNonPortableCluster = false;
};

struct CUstream_st {
  CUcontext context = nullptr;
  unsigned flags = 0;
  std::shared_ptr<cusim::StreamQueue> queue;
  std::mutex mutex;
  /// While it captures, alone or as one that joined.
  std::shared_ptr<cusim::Capture> capture;

  bool isLegacy() const { return context->legacy.get() == this; }
  /// Whether it and the legacy default stream wait for each other.
  bool isBlocking() const { return !(flags & CU_STREAM_NON_BLOCKING); }
};

struct CUevent_st {
  CUcontext context = nullptr;
  unsigned flags = 0;
  std::mutex mutex;
  /// Of the last record; nothing before the first.
  cusim::StreamPoint point;
  /// When the last record ran, in nanoseconds; 0 before.
  std::shared_ptr<std::atomic<int64_t>> time;
  /// Of a record in a stream that captures: where in the graph.
  std::shared_ptr<cusim::Capture> capture;
  std::set<unsigned> capturedNodes;
};

} // namespace weft::cuda

#endif // RUNTIME_CUSIM_DRIVER_OBJECTS_H
