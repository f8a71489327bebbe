//===- HostMemory.h - Pages of the host -------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_HOSTMEMORY_H
#define RUNTIME_DEVICE_HOSTMEMORY_H

#include "runtime/device/Buffer.h"
#include "weft/Status.h"

#include <memory>

namespace weft {

/// True when this machine has less memory than that, used or not. The kernel
/// would promise it all the same, and end the process when it is touched.
bool exceedsPhysicalMemory(uint64_t bytes);

/// Zeroed pages that the thread touching them first places (NUMA); from 2 MiB
/// on, huge ones where the system gives them.
class HostMemory final : public Buffer {
public:
  static StatusOr<std::unique_ptr<Buffer>> allocate(uint64_t bytes);
  /// Zeros that take memory page by page, when they are first written; may be
  /// more than there is.
  static StatusOr<std::unique_ptr<Buffer>> reserve(uint64_t bytes);
  ~HostMemory() override;

  void *address() const override { return data; }
  uint64_t bytes() const override { return size; }

private:
  HostMemory(void *data, uint64_t size) : data(data), size(size) {}
  static StatusOr<std::unique_ptr<Buffer>> map(uint64_t bytes, int flags);

  void *data;
  uint64_t size;
};

} // namespace weft

#endif // RUNTIME_DEVICE_HOSTMEMORY_H
