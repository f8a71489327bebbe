//===- LaneMemory.h - Memory of the lanes of a collective -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_LANEMEMORY_H
#define RUNTIME_CUSIM_WARP_LANEMEMORY_H

#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Memory.h"
#include "runtime/cusim/memory/AddressSpace.h"
#include "runtime/cusim/warp/Collective.h"

#include <bit>

namespace weft::cusim {

/// Operand word `word` of `lane`.
inline uint32_t operandWord(const Collective &call, unsigned word,
                            unsigned lane) {
  return call.operands[word * WarpSize + lane];
}

/// Operand words `word` and `word + 1` of `lane`: a 64-bit value.
inline uint64_t operandPair(const Collective &call, unsigned word,
                            unsigned lane) {
  return operandWord(call, word, lane) |
         uint64_t(operandWord(call, word + 1, lane)) << 32;
}

inline void setResult(const Collective &call, unsigned word, unsigned lane,
                      uint32_t value) {
  call.results[word * WarpSize + lane] = value;
}

/// Calls `function(lane)` for each lane that takes part, in ascending order.
template <typename Function>
void forEachLane(const Collective &call, Function function) {
  for (uint32_t lanes = call.lanes; lanes; lanes &= lanes - 1)
    function(unsigned(std::countr_zero(lanes)));
}

/// Where the host finds `bytes` bytes at a generic address, for one lane. Does
/// not return when they are outside of every allocation or misaligned.
inline uint8_t *resolve(const Collective &call, unsigned lane, uint64_t address,
                        uint32_t bytes, uint32_t alignment, AccessKind kind) {
  Strand &strand = *call.strand;
  // Width 1 has every access checked.
  if (strand.width == WarpSize && !(address & (alignment - 1))) {
    // The block's own shared memory, as its rank is 0 outside of clusters.
    uint64_t offset = address - (SharedTag << TagShift);
    if (offset < strand.sharedBytes && bytes <= strand.sharedBytes - offset)
      return strand.shared + offset;
    const SiteRange &range = strand.sites[call.site];
    if (address >= range.begin && address < range.end &&
        bytes <= range.end - address)
      return AddressSpace::hostPointer(address);
  }
  return resolveInWarp(&strand, lane, address, bytes, alignment, kind,
                       call.site);
}

/// Counts an access of `lanes` of a whole warp, whose addresses stand in
/// operand words `word` and `word + 1`.
inline void countWarpAccess(const Collective &call, uint32_t lanes,
                            unsigned word, uint32_t bytes, AccessKind kind) {
  if (call.strand->width != WarpSize || !lanes || !countsAccesses(*call.strand))
    return;
  uint64_t addresses[WarpSize];
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    addresses[lane] = operandPair(call, word, lane);
  cusim_note_access(call.strand, lanes, addresses, bytes,
                    static_cast<uint32_t>(kind), call.site);
}

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_LANEMEMORY_H
