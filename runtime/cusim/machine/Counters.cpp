//===- Counters.cpp - Sectors and bank conflicts --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As Nsight Compute counts: global memory moves in sectors of 32 bytes; shared
// memory has 32 banks of 4 bytes, and a warp's access takes as many turns as
// the busiest bank has different words. Accesses of 8 and 16 bytes a lane go
// in 2 and 4 parts of a warp.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Access.h"

#include <algorithm>
#include <array>
#include <bit>

namespace weft::cusim {
namespace {

constexpr uint64_t SectorBytes = 32;
constexpr uint64_t BankBytes = 4;
constexpr uint64_t Banks = 32;

uint64_t countSectors(uint32_t mask, const uint64_t *addresses,
                      uint32_t bytes) {
  // 32 lanes of up to 32 bytes, which cross one border at most.
  std::array<uint64_t, 2 * WarpSize> sectors;
  size_t count = 0;
  for (; mask; mask &= mask - 1) {
    uint64_t address = addresses[std::countr_zero(mask)];
    uint64_t first = address / SectorBytes;
    uint64_t last = (address + bytes - 1) / SectorBytes;
    sectors[count++] = first;
    if (last != first)
      sectors[count++] = last;
  }
  std::sort(sectors.begin(), sectors.begin() + count);
  return static_cast<uint64_t>(
      std::unique(sectors.begin(), sectors.begin() + count) - sectors.begin());
}

/// Lanes that read the same place share it.
uint64_t countDistinct(uint32_t mask, const uint64_t *addresses) {
  std::array<uint64_t, WarpSize> distinct;
  size_t count = 0;
  for (; mask; mask &= mask - 1)
    distinct[count++] = addresses[std::countr_zero(mask)];
  std::sort(distinct.begin(), distinct.begin() + count);
  return static_cast<uint64_t>(
      std::unique(distinct.begin(), distinct.begin() + count) -
      distinct.begin());
}

/// The turns of lanes that access shared memory together.
uint64_t countTurns(uint32_t mask, const uint64_t *addresses, uint32_t bytes) {
  std::array<uint64_t, WarpSize * 4> words;
  size_t count = 0;
  uint64_t parts = (bytes + BankBytes - 1) / BankBytes;
  for (; mask; mask &= mask - 1)
    for (uint64_t part = 0; part < parts; ++part)
      words[count++] = addresses[std::countr_zero(mask)] / BankBytes + part;
  std::sort(words.begin(), words.begin() + count);
  auto end = std::unique(words.begin(), words.begin() + count);
  std::array<uint32_t, Banks> turns{};
  for (auto word = words.begin(); word != end; ++word)
    ++turns[*word % Banks];
  return *std::max_element(turns.begin(), turns.end());
}

} // namespace

void countAccess(Counters &counters, uint32_t mask, const uint64_t *addresses,
                 uint32_t bytes, AccessKind kind) {
  if (!mask)
    return;
  uint64_t tag = addresses[std::countr_zero(mask)] >> TagShift;
  if (tag == SharedTag) {
    // Lanes of one part together move at most 128 bytes.
    uint32_t parts = std::max<uint32_t>(1, bytes / BankBytes);
    uint32_t lanesOfPart = WarpSize / std::min<uint32_t>(parts, WarpSize);
    for (uint32_t first = 0; first < WarpSize; first += lanesOfPart) {
      uint32_t lanes = lanesOfPart == WarpSize
                           ? mask
                           : mask & (((1u << lanesOfPart) - 1) << first);
      if (!lanes)
        continue;
      ++counters.sharedAccesses;
      counters.bankConflicts += countTurns(lanes, addresses, bytes) - 1;
    }
    return;
  }
  if (tag == LocalTag || tag == ParamTag)
    return;
  uint64_t sectors = countSectors(mask, addresses, bytes);
  uint64_t moved = countDistinct(mask, addresses) * bytes;
  uint64_t ideal = (moved + SectorBytes - 1) / SectorBytes;
  if (isWrite(kind)) {
    counters.storeSectors += sectors;
    counters.idealStoreSectors += ideal;
  } else {
    counters.loadSectors += sectors;
    counters.idealLoadSectors += ideal;
  }
}

} // namespace weft::cusim
