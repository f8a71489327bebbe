//===- StackMemory.cpp - alloca, stacksave and stackrestore ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Behind its frames, each lane's local memory has room for alloca: a word that
// says how much is in use, then what was allocated.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Core.h"
#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Memory.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace weft::cusim {
namespace {

uint64_t &usedBytes(Strand *strand, unsigned lane, uint64_t base) {
  return *reinterpret_cast<uint64_t *>(strand->local +
                                       lane * strand->localStride + base);
}

template <typename Function>
void forEachLane(uint32_t mask, Function function) {
  for (; mask; mask &= mask - 1)
    function(static_cast<unsigned>(std::countr_zero(mask)));
}

} // namespace

extern "C" {

void cusim_stack_begin(Strand *strand, uint64_t base) {
  forEachLane(strand->live,
              [&](unsigned lane) { usedBytes(strand, lane, base) = 0; });
}

void cusim_stack_allocate(Strand *strand, uint32_t mask, const uint64_t *sizes,
                          uint64_t *result, uint64_t alignment, uint64_t base,
                          uint32_t site) {
  uint64_t limit = strand->block->launch->kernel.localBytes;
  forEachLane(mask, [&](unsigned lane) {
    uint64_t &used = usedBytes(strand, lane, base);
    uint64_t begin = base + sizeof(uint64_t) + used;
    begin = (begin + alignment - 1) / alignment * alignment;
    if (begin > limit || sizes[lane] > limit - begin)
      fault(strand, lane, Report::Kind::IllegalInstruction, site,
            std::to_string(sizes[lane]) + " bytes, of " +
                std::to_string(begin > limit ? 0 : limit - begin) +
                " that are left of the thread's stack");
    result[lane] = begin;
    used = begin + sizes[lane] - base - sizeof(uint64_t);
  });
}

void cusim_stack_save(Strand *strand, uint32_t mask, uint64_t *result,
                      uint64_t base) {
  forEachLane(mask, [&](unsigned lane) {
    result[lane] = usedBytes(strand, lane, base);
  });
}

void cusim_stack_restore(Strand *strand, uint32_t mask, const uint64_t *values,
                         uint64_t base, uint32_t site) {
  forEachLane(mask, [&](unsigned lane) {
    uint64_t &used = usedBytes(strand, lane, base);
    if (values[lane] > used)
      fault(strand, lane, Report::Kind::IllegalInstruction, site,
            "a value that no stacksave gave, or that was given back already");
    used = values[lane];
  });
}

} // extern "C"
} // namespace weft::cusim
