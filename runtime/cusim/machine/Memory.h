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

class Launch;

/// The strand of a lane (0 to 31) of the same warp: the strand itself at width
/// 32. `laneInStrand` is the lane's number there.
Strand *strandOfLane(Strand *strand, unsigned lane, unsigned &laneInStrand);

/// What cusim_resolve does, for a lane (0 to 31) of the strand's warp: for
/// ldmatrix and others that run once for all lanes.
uint8_t *resolveInWarp(Strand *strand, unsigned lane, uint64_t address,
                       uint32_t bytes, uint32_t alignment, AccessKind kind,
                       uint32_t site);

/// "`bar.sync 0;` (line 12)".
std::string describeSite(const Launch &launch, uint32_t site);

/// Fills in kernel, line, instruction, block and thread of a report.
void describePlace(const Launch &launch, const Strand &strand, unsigned lane,
                   uint32_t site, Report &report);
/// Without the line: for what is no fault of one instruction.
void describeThread(const Launch &launch, const Strand &strand, unsigned lane,
                    Report &report);

/// Whether accesses are counted (CompileOptions::count): who finds memory
/// without cusim_resolve tells cusim_note_access then.
bool countsAccesses(const Strand &strand);

/// Ends the grid with a report, never returns. `lane` counts within the strand.
[[noreturn]] void fault(Strand *strand, unsigned lane, Report::Kind kind,
                        uint32_t site, std::string detail);
[[noreturn]] void fault(Strand *strand, Report report);

/// cusim_resolve without the note for racecheck and counters.
uint8_t *locate(Strand *strand, uint64_t address, unsigned lane, uint32_t bytes,
                uint32_t alignment, AccessKind kind, uint32_t site);

/// locate() where it is quick: nullptr for what needs a closer look.
inline uint8_t *tryLocate(const Strand &strand, uint64_t address,
                          uint32_t bytes, uint32_t alignment,
                          const SiteRange &range) {
  if (address & (alignment - 1))
    return nullptr;
  if (address >= range.begin && address < range.end &&
      bytes <= range.end - address)
    return reinterpret_cast<uint8_t *>(address & HostAddressMask);
  // The block's own shared memory, whose rank is 0.
  uint64_t offset = address - (SharedTag << TagShift);
  if (offset < strand.sharedBytes && bytes <= strand.sharedBytes - offset)
    return strand.shared + offset;
  return nullptr;
}

inline bool isSharedAddress(uint64_t address) {
  return address >> TagShift == SharedTag;
}
inline bool isWrite(AccessKind kind) {
  return kind != AccessKind::Load && kind != AccessKind::StrongLoad;
}

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_MEMORY_H
