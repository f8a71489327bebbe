//===- Hooks.h - What compiled code calls -----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// C functions that the JIT binds by name. `mask` are the executing lanes of the
// strand; arrays of lanes have `strand->width` elements, and a list of words
// per lane is [word][width]. `site` numbers the instruction within its module
// (CompiledModule::sites gives line and text). A hook that finds a fault
// reports it and does not return: the block ends.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_HOOKS_H
#define RUNTIME_CUSIM_MACHINE_HOOKS_H

#include "runtime/cusim/machine/Strand.h"
#include "runtime/cusim/warp/Collective.h"

#include <cstdint>

namespace weft::cusim {

/// What a memory access is, for checks and counters. Strong ones (.volatile,
/// .relaxed, .acquire, .release) are no race among each other and with atomics.
enum class AccessKind : uint32_t {
  Load = 0,
  Store = 1,
  Atomic = 2,
  Async = 3,
  StrongLoad = 4,
  StrongStore = 5,
};

/// Of atom and red; also the reductions of redux, bar.red and bulk copies.
enum class AtomicOperation : uint32_t {
  Add,
  Min,
  Max,
  And,
  Or,
  Xor,
  Exch,
  Cas,
  Inc,
  Dec,
};

extern "C" {

/// The slow path of a checked access: `address` is generic (every space).
/// Returns the host's address of `bytes` bytes, having set sites[site]; faults
/// when they are not all inside one allocation (or misaligned to `alignment`).
/// sites[site] is set for global memory only, and after the alignment is found
/// good: an inline check of the range must check the alignment too. Shared
/// memory resolved here is noted for races (no cusim_note_access on top).
uint8_t *cusim_resolve(weft::cusim::Strand *strand, uint64_t address,
                       uint32_t lane, uint32_t bytes, uint32_t alignment,
                       uint32_t kind, uint32_t site);

/// Loads `count` elements of `elementBytes` (1, 2, 4, 8, 16) a lane from
/// consecutive addresses, in any space (addresses are generic): result
/// [count][width], lanes outside of mask keep what they had. `kind` is Load or
/// StrongLoad.
void cusim_gather(weft::cusim::Strand *strand, uint32_t mask,
                  const uint64_t *addresses, void *result,
                  uint32_t elementBytes, uint32_t count, uint32_t kind,
                  uint32_t site);
/// Stores [count][width]; lanes in ascending order.
void cusim_scatter(weft::cusim::Strand *strand, uint32_t mask,
                   const uint64_t *addresses, const void *values,
                   uint32_t elementBytes, uint32_t count, uint32_t kind,
                   uint32_t site);

/// atom and red: `type` is a ptx::Type, operands and result 64 bits a lane
/// (128 bits are not supported); `result` may be null. Lanes in ascending
/// order. `second` is the new value of cas. v2/v4 atomics call once an element.
void cusim_atomic(weft::cusim::Strand *strand, uint32_t mask,
                  const uint64_t *addresses, uint32_t operation, uint32_t type,
                  const uint64_t *first, const uint64_t *second,
                  uint64_t *result, uint32_t site);

/// The checks of one access that compiled code makes by itself: races and
/// uninitialised bytes of shared memory (width 1), or counters.
void cusim_note_access(weft::cusim::Strand *strand, uint32_t mask,
                       const uint64_t *addresses, uint32_t bytes, uint32_t kind,
                       uint32_t site);

/// barrier: waits until `threads` threads (0: all of the block) arrived at
/// `barrier` (0 to 15). `kind`: 0 sync, 1 arrive, 2 red.popc, 3 red.and,
/// 4 red.or; `values` are the lanes' predicates, the result is the reduction.
uint32_t cusim_barrier(weft::cusim::Strand *strand, uint32_t mask,
                       uint32_t barrier, uint32_t threads, uint32_t kind,
                       uint32_t values, uint32_t isAligned, uint32_t site);
/// bar.sync without a number of threads, .aligned, by all lanes of the strand:
/// a thread or a warp. Registers are saved by the caller, which knows what is
/// in them: a switch to another strand then costs next to nothing.
__attribute__((preserve_none)) void
cusim_sync_thread(weft::cusim::Strand *strand, uint32_t barrier, uint32_t site);
__attribute__((preserve_none)) void
cusim_sync_warp(weft::cusim::Strand *strand, uint32_t barrier, uint32_t site);

/// A thread goes on behind the aligned barrier at `site`, to which it will not
/// come any more: no other of its warp may be there, or come.
void cusim_pass_barrier(weft::cusim::Strand *strand, uint32_t site);

/// An operation of a whole warp: `operands` [operandWords][width] of 32-bit
/// words in, `results` [resultWords][width] out. `members` is the membermask
/// of each executing lane ([width]); width 1 meets the other lanes first. Null:
/// an .aligned operation of all lanes, at one instruction.
void cusim_collective(weft::cusim::Strand *strand, uint32_t mask,
                      weft::cusim::CollectiveFunction function,
                      uint64_t immediate, const uint32_t *members,
                      const uint32_t *operands, uint32_t operandWords,
                      uint32_t *results, uint32_t resultWords, uint32_t site);

/// An operation that each lane of mask does by itself (cp.async, mbarrier, bulk
/// copies, ...): as cusim_collective, without meeting other lanes.
void cusim_lanewise(weft::cusim::Strand *strand, uint32_t mask,
                    weft::cusim::CollectiveFunction function,
                    uint64_t immediate, const uint32_t *operands,
                    uint32_t operandWords, uint32_t *results,
                    uint32_t resultWords, uint32_t site);

/// barrier.cluster.arrive and .wait (a phase is complete when every thread of
/// the cluster that has not exited arrived).
void cusim_cluster_arrive(weft::cusim::Strand *strand, uint32_t mask,
                          uint32_t isAligned, uint32_t site);
void cusim_cluster_wait(weft::cusim::Strand *strand, uint32_t mask,
                        uint32_t isAligned, uint32_t site);

/// activemask: lanes of the warp that run together. Width 1 waits until the
/// other lanes of its warp came to the same site, or can't.
uint32_t cusim_active_mask(weft::cusim::Strand *strand, uint32_t mask,
                           uint32_t site);

/// vprintf(format, arguments) for each lane of mask: generic addresses.
void cusim_vprintf(weft::cusim::Strand *strand, uint32_t mask,
                   const uint64_t *formats, const uint64_t *arguments,
                   uint32_t *results, uint32_t site);
/// __assertfail(message, file, line, function, character size).
void cusim_assert_fail(weft::cusim::Strand *strand, uint32_t mask,
                       uint64_t message, uint64_t file, uint32_t line,
                       uint64_t function, uint32_t site);
void cusim_trap(weft::cusim::Strand *strand, uint32_t mask, uint32_t site);
/// nanosleep, and every few thousand turns of a loop: lets other strands run,
/// and notices a watchdog.
void cusim_yield(weft::cusim::Strand *strand);
/// Faults when the stack is nearly used up; before each call of a .func.
void cusim_check_stack(weft::cusim::Strand *strand, uint32_t site);
/// Faults when the warp has not waited for a wgmma whose sums begin in the
/// register `accumulators`, which the instruction in `line` reads.
void cusim_check_product(weft::cusim::Strand *strand, uint32_t accumulators,
                         uint32_t line);
/// alloca, stacksave and stackrestore of the lanes of mask: results are offsets
/// in local memory, where the stack lies at `base` (Layout::stackBase). A
/// kernel that has one of them calls cusim_stack_begin first.
void cusim_stack_begin(weft::cusim::Strand *strand, uint64_t base);
void cusim_stack_allocate(weft::cusim::Strand *strand, uint32_t mask,
                          const uint64_t *sizes, uint64_t *result,
                          uint64_t alignment, uint64_t base, uint32_t site);
void cusim_stack_save(weft::cusim::Strand *strand, uint32_t mask,
                      uint64_t *result, uint64_t base);
void cusim_stack_restore(weft::cusim::Strand *strand, uint32_t mask,
                         const uint64_t *values, uint64_t base, uint32_t site);
uint64_t cusim_clock(weft::cusim::Strand *strand);
uint64_t cusim_global_timer(weft::cusim::Strand *strand);

} // extern "C"
} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_HOOKS_H
