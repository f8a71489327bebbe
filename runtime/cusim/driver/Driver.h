//===- Driver.h - State of the driver, and entry of its calls ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_DRIVER_H
#define RUNTIME_CUSIM_DRIVER_DRIVER_H

#include "runtime/cusim/driver/Architecture.h"
#include "runtime/cusim/driver/HandleTable.h"
#include "runtime/cusim/driver/Objects.h"
#include "runtime/cusim/driver/Settings.h"

#include <optional>

namespace weft::cusim {

using namespace weft::cuda;

/// All that lives in the process. Made by cuInit and never destroyed: threads
/// of the program may still call when it exits.
class Driver {
public:
  /// Null before cuInit.
  static Driver *get();
  static CUresult initialize();

  const Settings settings;
  const Architecture &architecture;
  AddressSpace addresses;
  std::vector<std::unique_ptr<Device>> devices;

  struct PrimaryContext {
    std::mutex mutex;
    std::shared_ptr<CUctx_st> context;
    unsigned references = 0;
    unsigned flags = 0;
  };
  std::vector<std::unique_ptr<PrimaryContext>> primaries;

  HandleTable<CUctx_st> contexts;
  HandleTable<CUmod_st> modules;
  HandleTable<CUfunc_st> functions;
  HandleTable<CUstream_st> streams;
  HandleTable<CUevent_st> events;
  HandleTable<CUgraph_st> graphs;
  HandleTable<CUgraphExec_st> executables;

  std::shared_ptr<CUctx_st> makeContext(unsigned device, bool isPrimary);
  /// Waits for its work, then ends it: memory, streams, modules.
  void destroyContext(const std::shared_ptr<CUctx_st> &context);
  std::shared_ptr<CUstream_st> makeStream(CUcontext context, unsigned flags);
  /// A capture that began in the stream ends, one that it joined is spoilt.
  void destroyStream(const std::shared_ptr<CUstream_st> &stream);

  /// The stream that a handle stands for in the current context: nullptr and
  /// the numbered ones are default streams.
  CUresult findStream(CUstream handle, std::shared_ptr<CUstream_st> &stream);
  /// Appends to the stream, or to the graph that it captures. The work waits
  /// for the point `previous` too, which then becomes its own.
  CUresult submit(CUstream handle, Operation operation,
                  StreamPoint *previous = nullptr);
  /// As `submit`, and returns when it is done. An error while capturing.
  CUresult submitAndWait(Operation operation);

  /// Appends work that runs whatever happened before it, after `points` too.
  StreamPoint enqueue(CUstream_st &stream, std::vector<StreamPoint> points,
                      std::function<void()> work);
  /// Waits for what is in a stream, and returns the context's fault. Spoils the
  /// capture of a stream that captures.
  CUresult wait(CUstream handle);
  /// Asks for what is in a stream: CUDA_ERROR_NOT_READY until it is done.
  CUresult query(CUstream handle);

  CUresult isCapturing(CUstream handle, bool &captures);
  std::shared_ptr<Capture> captureOf(CUstream_st &stream);
  CUresult beginCapture(const std::shared_ptr<CUstream_st> &stream,
                        CUstreamCaptureMode mode);
  /// Lets a stream take part, its next operation after `nodes`.
  CUresult joinCapture(CUstream_st &stream,
                       const std::shared_ptr<Capture> &capture,
                       const std::set<unsigned> &nodes);
  void endCapture(const std::shared_ptr<Capture> &capture);

  /// Waits for all work of a context, and returns its fault.
  CUresult synchronize(CUctx_st &context);
  /// A device may use a peer's memory while one of its contexts enabled it.
  void updatePeerAccess(unsigned device, unsigned peer);
  /// Ends the context's usefulness with a fault and a line on stderr.
  void fail(CUctx_st &context, CUresult fault, const std::string &message);
  /// Calls that may wait are refused while some thread captures
  /// (CU_STREAM_CAPTURE_MODE_GLOBAL), and spoil the capture.
  CUresult refuseWhileCapturing();

  explicit Driver(Settings settings);

private:
  /// If so, the capture is spoilt.
  bool isBlockingStreamCapturing(const CUctx_st &context);
  std::vector<StreamPoint> dependenciesOf(CUstream_st &stream);
  /// What a stream holds; the legacy default one is behind all blocking ones.
  std::vector<StreamPoint> endsOf(CUstream_st &stream);

  std::mutex peerMutex;
  std::mutex destroyedMutex;
  /// Graphs and work of other contexts may still point at them.
  std::vector<std::shared_ptr<CUctx_st>> destroyedContexts;
  std::mutex captureMutex;
  std::vector<std::shared_ptr<Capture>> captures;
};

/// The contexts that the calling thread pushed; the last is current.
std::vector<CUcontext> &contextStack();
/// What the calling thread lets other threads' captures forbid.
CUstreamCaptureMode &captureModeOfThread();

/// Says on stderr what a call's error code alone does not, and returns the
/// code.
CUresult refuse(CUresult error, const char *call, const std::string &message);

/// The current context, if the driver is initialized, it exists, and nothing
/// failed in it.
struct Entry {
  CUresult result = CUDA_SUCCESS;
  Driver *driver = nullptr;
  std::shared_ptr<CUctx_st> context;

  /// `mayBeFaulted`: calls that free and destroy work after a fault too.
  explicit Entry(bool mayBeFaulted = false);
};

/// Begins a call: `entry` is there afterwards, or the call has returned.
#define CUSIM_ENTER(...)                                                       \
  ::weft::cusim::Entry entry{__VA_ARGS__};                                     \
  if (entry.result != CUDA_SUCCESS)                                            \
  return entry.result
/// Begins a call that needs no context.
#define CUSIM_ENTER_DRIVER()                                                   \
  ::weft::cusim::Driver *driver = ::weft::cusim::Driver::get();                \
  if (!driver)                                                                 \
  return CUDA_ERROR_NOT_INITIALIZED
/// An exported function.
#define CUSIM_EXPORT                                                           \
  extern "C" __attribute__((visibility("default"))) weft::cuda::CUresult

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_DRIVER_DRIVER_H
