//===- Memory.h - Addresses of lanes, for other hooks -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_MEMORY_H
#define RUNTIME_CUSIM_MACHINE_MEMORY_H

#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Report.h"

#include <string>

namespace weft::cusim {

/// The strand of a lane (0 to 31) of the same warp: the strand itself at width
/// 32. `laneInStrand` is the lane's number there.
Strand *strandOfLane(Strand *strand, unsigned lane, unsigned &laneInStrand);

/// What cusim_resolve does, for a lane (0 to 31) of the strand's warp: for
/// ldmatrix and others that run once for all lanes.
uint8_t *resolveInWarp(Strand *strand, unsigned lane, uint64_t address,
                       uint32_t bytes, uint32_t alignment, AccessKind kind,
                       uint32_t site);

/// Ends the grid with a report, never returns. `lane` counts within the strand.
[[noreturn]] void fault(Strand *strand, unsigned lane, Report::Kind kind,
                        uint32_t site, std::string detail);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_MEMORY_H
