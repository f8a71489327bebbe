//===- HostMemory.cpp - Pages of the host ---------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/HostMemory.h"

#include <algorithm>
#include <sys/mman.h>
#include <unistd.h>

using namespace weft;

static constexpr uint64_t hugePage = 2 << 20;

bool weft::exceedsPhysicalMemory(uint64_t bytes) {
  return bytes / static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) >
         static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES));
}

/// An address of its own even for nothing, so that no buffer is null.
static uint64_t mappedBytes(uint64_t bytes) {
  return std::max<uint64_t>(bytes, 1);
}

static Status cannotAllocate(uint64_t bytes) {
  return Status::error("cannot allocate " + std::to_string(bytes) +
                       " bytes of memory");
}

StatusOr<std::unique_ptr<Buffer>> HostMemory::map(uint64_t bytes, int flags) {
  void *data = mmap(nullptr, mappedBytes(bytes), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (data == MAP_FAILED)
    return cannotAllocate(bytes);
  return std::unique_ptr<Buffer>(new HostMemory(data, bytes));
}

StatusOr<std::unique_ptr<Buffer>> HostMemory::allocate(uint64_t bytes) {
  if (exceedsPhysicalMemory(bytes))
    return cannotAllocate(bytes);
  StatusOr<std::unique_ptr<Buffer>> memory = map(bytes, 0);
  if (memory && bytes >= hugePage)
    // A hint: small pages serve too.
    madvise((*memory)->address(), bytes, MADV_HUGEPAGE);
  return memory;
}

StatusOr<std::unique_ptr<Buffer>> HostMemory::reserve(uint64_t bytes) {
  StatusOr<std::unique_ptr<Buffer>> memory = map(bytes, MAP_NORESERVE);
  // A huge page would take much memory for the first byte in it.
  if (memory && bytes >= hugePage)
    madvise((*memory)->address(), bytes, MADV_NOHUGEPAGE);
  return memory;
}

HostMemory::~HostMemory() { munmap(data, mappedBytes(size)); }
