//===- Device.h - What runs a program's commands ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_DEVICE_H
#define RUNTIME_DEVICE_DEVICE_H

#include "runtime/device/Buffer.h"
#include "runtime/device/Queue.h"

#include <memory>
#include <string>

namespace weft {

class Artifact;

class Device {
public:
  virtual ~Device() = default;

  /// "cpu:0".
  virtual const std::string &name() const = 0;
  /// True when device addresses are host addresses, so that weights, inputs and
  /// outputs need no copy.
  virtual bool sharesHostMemory() const = 0;

  /// True when queues do their work before their calls return.
  virtual bool isSynchronous() const = 0;

  /// Success when its queues multiply matrices without a kernel of the
  /// artifact; or why they do not.
  virtual Status openMatrixLibrary() {
    return Status::error("there is none for this kind of device");
  }

  /// Zeroed memory; fails when there is not enough. 0 bytes are allowed.
  virtual StatusOr<std::unique_ptr<Buffer>> allocate(uint64_t bytes) = 0;
  /// The same, of any content: for what is written before it is read.
  virtual StatusOr<std::unique_ptr<Buffer>> allocateUnset(uint64_t bytes) {
    return allocate(bytes);
  }
  /// The same as `allocate` for memory that may be much more than is ever used:
  /// where the device can, only what is touched takes any.
  virtual StatusOr<std::unique_ptr<Buffer>> reserve(uint64_t bytes) {
    return allocate(bytes);
  }
  virtual std::unique_ptr<Queue> createQueue() = 0;
  virtual std::unique_ptr<Event> createEvent() = 0;
  /// Loads the kernels of one stage of an artifact.
  virtual StatusOr<std::unique_ptr<Code>> loadCode(const Artifact &artifact,
                                                   uint32_t stage) = 0;
  /// Makes room so that launches of up to `scratchBytes` allocate nothing.
  virtual Status reserveScratch(uint64_t scratchBytes) = 0;

  /// The bits that kernels raised in WeftArgs::error since the last call. Where
  /// queues are not synchronous, those of work that was waited for.
  virtual uint32_t takeErrors() = 0;
  /// The least Launch::errorSlot that raised the bits taken last, on devices
  /// that are not synchronous.
  virtual uint32_t errorSlot() const { return 0; }

  /// A request begins: threads of the device may be awake until `rest`.
  virtual void wake() {}
  virtual void rest() {}
};

} // namespace weft

#endif // RUNTIME_DEVICE_DEVICE_H
