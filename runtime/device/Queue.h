//===- Queue.h - Work in order ----------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_QUEUE_H
#define RUNTIME_DEVICE_QUEUE_H

#include "runtime/device/Code.h"
#include "runtime/device/Event.h"
#include "runtime/device/MatrixProduct.h"
#include "weft/Status.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace weft {

/// One launch of a kernel. The lists it points to are read during the call
/// only.
struct Launch {
  const Code *code = nullptr;
  uint32_t kernel = 0;
  std::span<void *const> buffers; // the device's addresses
  std::span<const int64_t> sizes; // s0, s1, ...
  uint64_t items = 0;             // CPU: work items; 0 does nothing
  uint64_t chunk = 1;             // CPU: items taken at once, at least 1
  uint64_t scratchBytes = 0;      // CPU: for each worker
  bool isDynamic = false;         // CPU: chunks by an atomic counter
  uint64_t grid[3] = {1, 1, 1};   // CUDA: blocks; none do nothing
  uint32_t blockThreads = 1;      // CUDA: threads of a block
  uint64_t sharedBytes = 0;       // CUDA: dynamic shared memory of a block
  uint32_t errorSlot = 0; // which launch of a program: see Device::errorSlot
  const std::string *node = nullptr; // it is for: named by later errors
};

/// Work that was captured, to be done again and again.
class Graph {
public:
  virtual ~Graph() = default;
};

/// Work that a device does in order. Addresses are the device's, sizes in
/// bytes. A queue takes work from one thread at a time. Results never depend on
/// how a device splits the work.
class Queue {
public:
  virtual ~Queue() = default;

  virtual Status launch(const Launch &launch) = 0;
  /// Only after Device::openMatrixLibrary.
  virtual Status multiply(const MatrixProduct &product) {
    return Status::error("the device has no matrix library");
  }
  virtual Status copy(void *destination, const void *source,
                      uint64_t bytes) = 0;
  virtual Status fill(void *destination, uint8_t byte, uint64_t bytes) = 0;
  /// Between host and device. After an upload the host's memory may change; the
  /// device's has the bytes for later work on this queue. A download is done
  /// when the call returns.
  virtual Status upload(void *destination, const void *host,
                        uint64_t bytes) = 0;
  virtual Status download(void *host, const void *source, uint64_t bytes) = 0;

  virtual Status signal(Event &event) = 0;
  /// Later work on this queue starts after the event's last signal.
  virtual Status wait(Event &event) = 0;
  /// Returns when all work is done.
  virtual Status finish() = 0;
  /// The same, but returns false as soon as `stops` is true and work is left.
  virtual StatusOr<bool> finishUnless(const std::function<bool()> &stops) {
    (void)stops;
    WEFT_RETURN_IF_ERROR(finish());
    return true;
  }

  /// Whether launches, copies and fills can be captured: they are then not done
  /// between `beginCapture` and `endCapture`, but by each `replay`, on the same
  /// addresses and with the same sizes.
  virtual bool canCapture() const { return false; }
  virtual Status beginCapture() { return cannotCapture(); }
  virtual StatusOr<std::unique_ptr<Graph>> endCapture() {
    return cannotCapture();
  }
  virtual Status replay(Graph &graph) {
    (void)graph;
    return cannotCapture();
  }

private:
  static Status cannotCapture() {
    return Status::error("this device captures no work");
  }
};

} // namespace weft

#endif // RUNTIME_DEVICE_QUEUE_H
