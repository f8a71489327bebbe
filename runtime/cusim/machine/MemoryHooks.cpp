//===- MemoryHooks.cpp - Loads and stores of compiled code ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Access.h"
#include "runtime/cusim/machine/Block.h"
#include "runtime/cusim/machine/Core.h"
#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Memory.h"

#include <bit>
#include <cstring>

namespace weft::cusim {
namespace {

struct Wide {
  uint64_t words[2];
};

/// The host's address of one lane's access, mostly without a call.
inline uint8_t *place(Strand *strand, uint64_t address, uint32_t lane,
                      uint32_t bytes, AccessKind kind, uint32_t site) {
  uint8_t *memory =
      tryLocate(*strand, address, bytes, bytes, strand->sites[site]);
  if (memory) [[likely]]
    return memory;
  return locate(strand, address, lane, bytes, bytes, kind, site);
}

template <typename Element>
void gather(Strand *strand, uint32_t mask, const uint64_t *addresses,
            void *result, uint32_t count, AccessKind kind, uint32_t site) {
  uint32_t bytes = count * sizeof(Element);
  uint32_t width = strand->width;
  for (uint32_t rest = mask; rest; rest &= rest - 1) {
    auto lane = static_cast<uint32_t>(std::countr_zero(rest));
    const uint8_t *memory =
        place(strand, addresses[lane], lane, bytes, kind, site);
    auto *to = static_cast<uint8_t *>(result) + lane * sizeof(Element);
    if (count == 1) {
      std::memcpy(to, memory, sizeof(Element));
      continue;
    }
    for (uint32_t i = 0; i < count; ++i)
      std::memcpy(to + i * width * sizeof(Element),
                  memory + i * sizeof(Element), sizeof(Element));
  }
}

template <typename Element>
void scatter(Strand *strand, uint32_t mask, const uint64_t *addresses,
             const void *values, uint32_t count, AccessKind kind,
             uint32_t site) {
  uint32_t bytes = count * sizeof(Element);
  uint32_t width = strand->width;
  for (uint32_t rest = mask; rest; rest &= rest - 1) {
    auto lane = static_cast<uint32_t>(std::countr_zero(rest));
    uint8_t *memory = place(strand, addresses[lane], lane, bytes, kind, site);
    const auto *from =
        static_cast<const uint8_t *>(values) + lane * sizeof(Element);
    if (count == 1) {
      std::memcpy(memory, from, sizeof(Element));
      continue;
    }
    for (uint32_t i = 0; i < count; ++i)
      std::memcpy(memory + i * sizeof(Element),
                  from + i * width * sizeof(Element), sizeof(Element));
  }
}

/// Calls function with a value of the type that an element is moved as.
template <typename Function>
void withElement(uint32_t elementBytes, Function function) {
  switch (elementBytes) {
  case 1:
    return function(uint8_t());
  case 2:
    return function(uint16_t());
  case 4:
    return function(uint32_t());
  case 8:
    return function(uint64_t());
  default:
    return function(Wide());
  }
}

} // namespace

extern "C" {

uint8_t *cusim_resolve(Strand *strand, uint64_t address, uint32_t lane,
                       uint32_t bytes, uint32_t alignment, uint32_t kind,
                       uint32_t site) {
  auto accessKind = static_cast<AccessKind>(kind);
  uint8_t *memory =
      locate(strand, address, lane, bytes, alignment, accessKind, site);
  if (!isSharedAddress(address))
    return memory;
  if (strand->block->core->isRandom)
    strand->block->core->maybeYield(*static_cast<Fiber *>(strand));
  noteAccess(strand, lane, address, bytes, accessKind, site);
  return memory;
}

void cusim_gather(Strand *strand, uint32_t mask, const uint64_t *addresses,
                  void *result, uint32_t elementBytes, uint32_t count,
                  uint32_t kind, uint32_t site) {
  auto accessKind = static_cast<AccessKind>(kind);
  withElement(elementBytes, [&](auto element) {
    gather<decltype(element)>(strand, mask, addresses, result, count,
                              accessKind, site);
  });
  noteAccesses(strand, mask, addresses, elementBytes * count, accessKind, site);
}

void cusim_scatter(Strand *strand, uint32_t mask, const uint64_t *addresses,
                   const void *values, uint32_t elementBytes, uint32_t count,
                   uint32_t kind, uint32_t site) {
  auto accessKind = static_cast<AccessKind>(kind);
  // Before the store, which other strands may then overtake.
  noteAccesses(strand, mask, addresses, elementBytes * count, accessKind, site);
  withElement(elementBytes, [&](auto element) {
    scatter<decltype(element)>(strand, mask, addresses, values, count,
                               accessKind, site);
  });
}

void cusim_note_access(Strand *strand, uint32_t mask, const uint64_t *addresses,
                       uint32_t bytes, uint32_t kind, uint32_t site) {
  noteAccesses(strand, mask, addresses, bytes, static_cast<AccessKind>(kind),
               site);
}

} // extern "C"
} // namespace weft::cusim
