//===- AllocationCount.h - Does it allocate? --------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_EXECUTOR_ALLOCATIONCOUNT_H
#define TEST_RUNTIME_EXECUTOR_ALLOCATIONCOUNT_H

#include <cstdint>

namespace weft::test {

/// Calls of operator new so far, of all threads.
uint64_t allocationCount();

} // namespace weft::test

#endif // TEST_RUNTIME_EXECUTOR_ALLOCATIONCOUNT_H
