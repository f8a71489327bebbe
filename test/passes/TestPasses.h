//===- TestPasses.h - Passes for tests only ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_PASSES_TESTPASSES_H
#define TEST_PASSES_TESTPASSES_H

namespace weft {

void registerTestInterfacesPass();
void registerTestMiscompilePass();
void registerTestSizesPass();

/// All of them.
void registerTestPasses();

} // namespace weft

#endif // TEST_PASSES_TESTPASSES_H
