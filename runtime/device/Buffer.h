//===- Buffer.h - Memory of a device ----------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_BUFFER_H
#define RUNTIME_DEVICE_BUFFER_H

#include <cstdint>

namespace weft {

/// A block of a device's memory, freed with this object. It starts on a
/// multiple of 64 bytes.
class Buffer {
public:
  virtual ~Buffer() = default;
  /// The device's address: the host may use it only if
  /// Device::sharesHostMemory.
  virtual void *address() const = 0;
  virtual uint64_t bytes() const = 0;
};

} // namespace weft

#endif // RUNTIME_DEVICE_BUFFER_H
