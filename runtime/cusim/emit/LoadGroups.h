//===- LoadGroups.h - Loads that read a row of each lane --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `x[8 * i], x[8 * i + 1], ... x[8 * i + 7]` in a loop over i: each load has a
// stride between its lanes, but together they read a row of memory:
//
//   ld.global.f32 %f1, [%rd1];
//   ld.global.f32 %f2, [%rd1+4];
//   ld.global.f32 %f3, [%rd1+8];
//   ld.global.f32 %f4, [%rd1+12];    // lane i: 16 i bytes after lane 0
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_LOADGROUPS_H
#define RUNTIME_CUSIM_EMIT_LOADGROUPS_H

#include "runtime/cusim/ptx/Module.h"

#include <cstdint>
#include <vector>

namespace weft::cusim {

/// Numbers of instructions, by address. Each load may run where the first of
/// them in the text stands.
using LoadGroup = std::vector<uint32_t>;

/// The groups among instructions [begin, end) of one basic block: 4, 8 or 16
/// neighbouring elements each.
std::vector<LoadGroup> findLoadGroups(const ptx::Function &function,
                                      uint32_t begin, uint32_t end);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_LOADGROUPS_H
