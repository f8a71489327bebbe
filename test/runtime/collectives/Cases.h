//===- Cases.h - Collectives of every kind ----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_COLLECTIVES_CASES_H
#define TEST_RUNTIME_COLLECTIVES_CASES_H

#include "Reference.h"

namespace weft::test {

/// Every kind, type and reduction, over sizes that divide, that do not, and
/// that are empty.
std::vector<Case> allCases();

/// One of up to four small dimensions.
Case randomCase(std::mt19937 &random);

} // namespace weft::test

#endif // TEST_RUNTIME_COLLECTIVES_CASES_H
