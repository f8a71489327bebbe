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

StatusOr<std::unique_ptr<Buffer>> HostMemory::allocate(uint64_t bytes) {
  // An address of its own even for nothing, so that no buffer is null.
  uint64_t mapped = std::max<uint64_t>(bytes, 1);
  void *data = exceedsPhysicalMemory(mapped)
                   ? MAP_FAILED
                   : mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    return Status::error("cannot allocate " + std::to_string(bytes) +
                         " bytes of memory");
  if (mapped >= hugePage)
    madvise(data, mapped, MADV_HUGEPAGE); // a hint: small pages serve too
  return std::unique_ptr<Buffer>(new HostMemory(data, bytes));
}

HostMemory::~HostMemory() { munmap(data, std::max<uint64_t>(size, 1)); }
