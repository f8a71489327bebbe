//===- FuzzPtx.cpp - Any bytes as a PTX text ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/ptx/Soundness.h"

#include "runtime/cusim/ptx/Parser.h"

#include <cstdlib>

using namespace weft;
using namespace weft::cusim;

/// A module whose every index is sound, or an error with its place.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StatusOr<ptx::Module> module =
      ptx::parse({reinterpret_cast<const char *>(data), size});
  if (module ? !ptx::unsoundPlace(*module).empty()
             : !module.message().starts_with("line "))
    std::abort();
  return 0;
}
