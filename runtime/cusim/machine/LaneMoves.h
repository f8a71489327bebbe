//===- LaneMoves.h - Addresses of a warp at once ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What loads and stores by 32 addresses cost most: the check of each address,
// and the gather. By vectors where the processor has them.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_LANEMOVES_H
#define RUNTIME_CUSIM_MACHINE_LANEMOVES_H

#include <cstdint>

namespace weft::cusim {

/// Whether the addresses of the lanes of `mask` all begin less than `limit`
/// bytes behind `begin`, and have no bit of `misaligned`.
using AllInside = bool (*)(uint32_t mask, const uint64_t *addresses,
                           uint64_t begin, uint64_t limit, uint64_t misaligned);
/// Loads the words of the lanes of `mask` at base + address, without its tag,
/// to result[lane]; other lanes keep what they had.
template <typename Word>
using GatherWords = void (*)(uint32_t mask, const uint64_t *addresses,
                             uint64_t base, Word *result);

/// As this processor does it best.
struct LaneMoves {
  AllInside allInside;
  GatherWords<uint32_t> gather32;
  GatherWords<uint64_t> gather64;
};
const LaneMoves &laneMoves();

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_LANEMOVES_H
