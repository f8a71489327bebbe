//===- ShortRegion.h - Branches that lanes soon come back from --*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_SHORTREGION_H
#define RUNTIME_CUSIM_EMIT_SHORTREGION_H

#include "runtime/cusim/emit/ControlFlow.h"

#include <optional>
#include <vector>

namespace weft::cusim {

/// The blocks between a jump and the place where all its paths meet, in order;
/// nothing where there are many, or where they loop, return, call, or meet
/// other lanes.
std::optional<std::vector<uint32_t>>
findShortRegion(const ptx::Function &function, const ControlFlow &flow,
                uint32_t number);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_SHORTREGION_H
