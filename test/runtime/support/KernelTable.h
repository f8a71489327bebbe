//===- KernelTable.h - The kernel table of the tests' kernels ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_SUPPORT_KERNELTABLE_H
#define TEST_RUNTIME_SUPPORT_KERNELTABLE_H

#include "weft/artifact.pb.h"

namespace weft::test {

/// Of Kernels.c: 0 add, 1 linear, 2 gather, 3 count, 4 fault.
artifact::KernelTable kernelTable();

} // namespace weft::test

#endif // TEST_RUNTIME_SUPPORT_KERNELTABLE_H
