//===- BlockLevels.h - Values that are no line of their quants --*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_BLOCKLEVELS_H
#define RUNTIME_BASE_BLOCKLEVELS_H

#include <array>
#include <cstdint>

namespace weft {

/// What a quant of four bits stands for, before the block's scale.
using BlockLevels = std::array<int8_t, 16>;

inline constexpr BlockLevels iq4nlLevels = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

/// E2M1, doubled, so that they are whole.
inline constexpr BlockLevels mxfp4Levels = {0, 1,  2,  3,  4,  6,  8,  12,
                                            0, -1, -2, -3, -4, -6, -8, -12};

} // namespace weft

#endif // RUNTIME_BASE_BLOCKLEVELS_H
