//===- Strand.h - What compiled code and the machine share ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A strand is a flow of control of its own: a fiber that runs compiled code for
// `width` lanes, 1 (a thread) or 32 (a warp). Both widths are compiled by the
// same emitter and run by the same scheduler; a barrier or an operation that
// needs other lanes switches to another strand.
//
// Compiled code reads the fields of Strand and calls the hooks of Hooks.h.
// Nothing in it throws or owns memory, so that a fault can leave it for good.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_STRAND_H
#define RUNTIME_CUSIM_MACHINE_STRAND_H

#include <cstdint>

namespace weft::cusim {

constexpr unsigned WarpSize = 32;

class Block;

/// Addresses of global memory are the host's plus a tag in the upper 16 bits,
/// so that neither side can use the other's by mistake. A generic address says
/// its space by the same bits; pinned and managed host memory has none.
///
///   0x0000  host memory: only inside of pinned or registered allocations
///   0x0100  shared memory: offset in bits 0..23; bits 24..31 are 0 for the
///           block itself, else 1 + the rank of a block of its cluster (mapa)
///   0x0200  the thread's local memory: offset in bits 0..31
///   0x0300  the kernel's parameters: offset
///   0x0400  a function: its index in ptx::Module::functions
///   0x5600 + device   global memory
constexpr unsigned TagShift = 48;
constexpr uint64_t HostAddressMask = (uint64_t(1) << TagShift) - 1;
constexpr uint64_t SharedTag = 0x0100;
constexpr uint64_t LocalTag = 0x0200;
constexpr uint64_t ParamTag = 0x0300;
constexpr uint64_t FunctionTag = 0x0400;
constexpr uint64_t GlobalTag = 0x5600;
constexpr unsigned SharedRankShift = 24;

/// The range in which the last access of an instruction lay: what is inside
/// needs no lookup. Tagged addresses; one array a core.
struct SiteRange {
  uint64_t begin = 1;
  uint64_t end = 0;
};

/// Read by compiled code at fixed offsets: plain data.
struct Strand {
  /// The block of parameters, as the PTX lays it out.
  const uint8_t *parameters;
  /// The block's shared memory: static variables first, then the dynamic part.
  uint8_t *shared;
  uint32_t sharedBytes;
  /// Where the dynamic part (extern .shared) begins.
  uint32_t dynamicSharedOffset;
  /// Local memory of the first lane; the next lane's is `localStride` on.
  uint8_t *local;
  uint64_t localStride;
  /// Tagged addresses of the module's .global and .const variables, by index
  /// in ptx::Module::variables.
  const uint64_t *variables;
  /// By number of the memory access in the compiled module.
  SiteRange *sites;

  /// [x, y, z] of each lane; width 1 uses element 0.
  uint32_t tid[3][WarpSize];
  uint32_t ntid[3];
  uint32_t ctaid[3];
  uint32_t nctaid[3];
  uint32_t clusterid[3];
  uint32_t nclusterid[3];
  uint32_t clusterCtaid[3];
  uint32_t clusterNctaid[3];
  uint32_t smid;
  uint64_t gridid;

  /// With CompileOptions::count: compiled code adds the instructions it ran
  /// (of a warp: one for all lanes).
  uint64_t instructions;
  /// The stack may grow down to here; a .func that may recurse asks
  /// cusim_check_stack.
  uint8_t *stackLimit;

  /// With CompileOptions::checkRaces: a plain load of a word of shared memory
  /// needs no check where the upper half of quietWords[offset / 4] is *raceTime
  /// and its bit number `warp` is set.
  const uint64_t *quietWords;
  const uint32_t *raceTime;

  /// Tagged address of zeros that the barrier of a cooperative grid uses; 0 in
  /// other launches.
  uint64_t gridBarrier;

  // What a switch between strands touches lies in one line, with the first
  // fields of Fiber.

  /// Number of this warp in its block.
  uint32_t warp;
  /// Of the first lane: 0 at width 32.
  uint32_t lane;
  /// Lanes that exist and have not returned: bit i for lane `lane + i`.
  /// Compiled code clears bits when lanes return or exit.
  uint32_t live;
  uint32_t width;

  /// The machine's.
  Block *block;
  void *stackPointer;
};

/// What one frame of compiled code may take of a fiber's stack: the registers
/// of a kernel, with all that spills.
constexpr uint64_t maximumFrameBytes(unsigned width) {
  return width * (uint64_t(32) << 10);
}

/// The lanes of a strand that execute something: bit i for lane `lane + i`.
using LaneMask = uint32_t;

/// A compiled kernel. Returns when all lanes have returned.
using KernelFunction = void (*)(Strand *);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_STRAND_H
