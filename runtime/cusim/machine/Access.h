//===- Access.h - Checks and counts of memory accesses ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_ACCESS_H
#define RUNTIME_CUSIM_MACHINE_ACCESS_H

#include "runtime/cusim/machine/Block.h"
#include "runtime/cusim/machine/Core.h"
#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Memory.h"
#include "runtime/cusim/machine/RaceCheck.h"

#include <cstdint>

namespace weft::cusim {

/// Counts one access of all lanes of `mask` (Counters).
void countAccess(Counters &counters, uint32_t mask, const uint64_t *addresses,
                 uint32_t bytes, AccessKind kind);

/// One lane's access, whose address was found good.
inline void noteAccess(Strand *strand, uint64_t address, uint32_t bytes,
                       AccessKind kind, uint32_t site) {
  Block &block = *strand->block;
  if (block.races && isSharedAddress(address))
    block.races->access(*strand, address, bytes, kind, site);
}

/// One instruction's accesses, whose addresses were found good.
inline void noteAccesses(Strand *strand, uint32_t mask,
                         const uint64_t *addresses, uint32_t bytes,
                         AccessKind kind, uint32_t site) {
  Block &block = *strand->block;
  if (block.launch->compileOptions.count)
    countAccess(block.core->counters, mask, addresses, bytes, kind);
  // Checks of races are for width 1: one lane.
  if (block.races && isSharedAddress(addresses[0]))
    block.races->access(*strand, addresses[0], bytes, kind, site);
  if (block.core->isRandom && isSharedAddress(addresses[0]))
    block.core->maybeYield(*static_cast<Fiber *>(strand));
}

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_ACCESS_H
