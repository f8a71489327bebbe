//===- TestPasses.cpp - Passes for tests only -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/passes/TestPasses.h"

void weft::registerTestPasses() {
  registerTestInterfacesPass();
  registerTestMiscompilePass();
  registerTestSizesPass();
}
