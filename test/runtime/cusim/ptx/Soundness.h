//===- Soundness.h - Whether a parsed module can be trusted -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_PTX_SOUNDNESS_H
#define TEST_RUNTIME_CUSIM_PTX_SOUNDNESS_H

#include "runtime/cusim/ptx/Module.h"

#include <string>

namespace weft::cusim::ptx {

/// What of the module lies outside of what it indexes, so that code that reads
/// the module would have to check again; empty: nothing.
std::string unsoundPlace(const Module &module);

} // namespace weft::cusim::ptx

#endif // TEST_RUNTIME_CUSIM_PTX_SOUNDNESS_H
