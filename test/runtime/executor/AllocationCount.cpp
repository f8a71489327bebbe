//===- AllocationCount.cpp - Does it allocate? ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AllocationCount.h"

#include <atomic>
#include <cstdlib>
#include <new>

static std::atomic<uint64_t> count = 0;

uint64_t weft::test::allocationCount() { return count; }

void *operator new(size_t bytes) {
  ++count;
  if (void *memory = std::malloc(bytes == 0 ? 1 : bytes))
    return memory;
  std::abort();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }
