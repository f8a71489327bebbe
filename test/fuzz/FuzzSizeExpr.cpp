//===- FuzzSizeExpr.cpp - Hostile size expressions ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/SizeExpr.h"

#include <cstdlib>

using namespace weft;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StatusOr<SizeExpr> expr =
      SizeExpr::parse({reinterpret_cast<const char *>(data), size});
  if (!expr)
    return 0;
  StatusOr<SizeExpr> again = SizeExpr::parse(expr->str());
  // A canonical text may be longer than the text that is allowed.
  if (expr->str().size() <= 1024 && !(again && *again == *expr))
    std::abort();
  (void)expr->evaluate([](std::string_view name) -> std::optional<int64_t> {
    return static_cast<int64_t>(name.size());
  });
  return 0;
}
