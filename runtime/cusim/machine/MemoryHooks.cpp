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
#include "runtime/cusim/machine/LaneMoves.h"
#include "runtime/cusim/machine/Memory.h"

#include <bit>
#include <cstring>
#include <optional>

namespace weft::cusim {
namespace {

struct Wide {
  uint64_t words[2];
};

/// Four 32-bit words.
using Quad = uint32_t __attribute__((vector_size(16), aligned(4)));

/// What to add to the lanes' addresses, without their tags, where those of
/// `mask` are all in shared memory or all where the instruction's last ones
/// were; nothing else is known of them then.
inline std::optional<uint64_t> baseOfAll(const Strand &strand, uint32_t mask,
                                         const uint64_t *addresses,
                                         uint32_t bytes, uint32_t site) {
  if (strand.width != WarpSize)
    return std::nullopt;
  uint64_t first = addresses[std::countr_zero(mask)];
  SiteRange range = strand.sites[site];
  uint64_t size = range.begin < range.end ? range.end - range.begin : 0;
  uint64_t base = 0;
  if (first >> TagShift == SharedTag) {
    range.begin = SharedTag << TagShift;
    size = strand.sharedBytes;
    base = reinterpret_cast<uint64_t>(strand.shared);
  }
  if (size < bytes || !laneMoves().allInside(mask, addresses, range.begin,
                                             size - bytes + 1, bytes - 1))
    return std::nullopt;
  return base;
}

/// Host addresses of the lanes of `mask`, one by one.
[[gnu::noinline]] void locateEach(Strand *strand, uint32_t mask,
                                  const uint64_t *addresses, uint32_t bytes,
                                  AccessKind kind, uint32_t site,
                                  uint8_t **places) {
  // An access that begins below these offsets ends inside.
  auto limitOf = [&](uint64_t size) {
    return size < bytes ? 0 : size - bytes + 1;
  };
  SiteRange range = strand->sites[site];
  uint64_t limit =
      range.begin < range.end ? limitOf(range.end - range.begin) : 0;
  uint64_t sharedLimit = limitOf(strand->sharedBytes);
  for (uint32_t rest = mask; rest; rest &= rest - 1) {
    auto lane = static_cast<uint32_t>(std::countr_zero(rest));
    uint64_t address = addresses[lane];
    uint64_t offset = address - (SharedTag << TagShift);
    bool isAligned = (address & (bytes - 1)) == 0;
    if (isAligned && offset < sharedLimit) {
      places[lane] = strand->shared + offset;
    } else if (isAligned && address - range.begin < limit) {
      places[lane] = reinterpret_cast<uint8_t *>(address & HostAddressMask);
    } else {
      places[lane] = locate(strand, address, lane, bytes, bytes, kind, site);
      range = strand->sites[site];
      limit = range.begin < range.end ? limitOf(range.end - range.begin) : 0;
    }
  }
}

/// Host addresses of the lanes of `mask`; `base` is that of baseOfAll.
inline void locateAll(Strand *strand, uint32_t mask, const uint64_t *addresses,
                      uint32_t bytes, AccessKind kind, uint32_t site,
                      std::optional<uint64_t> base, uint8_t **places) {
  if (!base)
    return locateEach(strand, mask, addresses, bytes, kind, site, places);
  for (uint32_t lane = 0; lane < WarpSize; ++lane)
    places[lane] = reinterpret_cast<uint8_t *>(
        *base + (addresses[lane] & HostAddressMask));
}

/// Rows of four lanes as columns, and back.
inline void transpose(Quad rows[4]) {
  Quad low01 = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
  Quad low23 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
  Quad high01 = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
  Quad high23 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  rows[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  rows[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  rows[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  rows[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

/// Four words a lane, of a whole warp.
void gatherQuads(uint8_t *const *places, uint32_t *result) {
  for (unsigned lane = 0; lane < WarpSize; lane += 4) {
    Quad rows[4];
    for (unsigned i = 0; i < 4; ++i)
      std::memcpy(&rows[i], places[lane + i], sizeof(Quad));
    transpose(rows);
    for (unsigned i = 0; i < 4; ++i)
      std::memcpy(result + i * WarpSize + lane, &rows[i], sizeof(Quad));
  }
}

void scatterQuads(uint8_t *const *places, const uint32_t *values) {
  for (unsigned lane = 0; lane < WarpSize; lane += 4) {
    Quad rows[4];
    for (unsigned i = 0; i < 4; ++i)
      std::memcpy(&rows[i], values + i * WarpSize + lane, sizeof(Quad));
    transpose(rows);
    for (unsigned i = 0; i < 4; ++i)
      std::memcpy(places[lane + i], &rows[i], sizeof(Quad));
  }
}

void gatherWords(uint32_t mask, const uint64_t *addresses, uint64_t base,
                 uint32_t *result) {
  laneMoves().gather32(mask, addresses, base, result);
}
void gatherWords(uint32_t mask, const uint64_t *addresses, uint64_t base,
                 uint64_t *result) {
  laneMoves().gather64(mask, addresses, base, result);
}

template <typename Element>
void gather(Strand *strand, uint32_t mask, const uint64_t *addresses,
            void *result, uint32_t count, AccessKind kind, uint32_t site) {
  uint32_t bytes = count * sizeof(Element);
  std::optional<uint64_t> base =
      baseOfAll(*strand, mask, addresses, bytes, site);
  bool isQuads = sizeof(Element) == 4 && count == 4 && mask == ~0u;
  if constexpr (sizeof(Element) == 4 || sizeof(Element) == 8)
    if (base && !isQuads) {
      for (uint32_t i = 0; i < count; ++i)
        gatherWords(mask, addresses, *base + i * sizeof(Element),
                    static_cast<Element *>(result) + i * WarpSize);
      return;
    }
  uint8_t *places[WarpSize];
  locateAll(strand, mask, addresses, bytes, kind, site, base, places);
  if (isQuads)
    return gatherQuads(places, static_cast<uint32_t *>(result));
  uint32_t width = strand->width;
  for (uint32_t rest = mask; rest; rest &= rest - 1) {
    auto lane = static_cast<uint32_t>(std::countr_zero(rest));
    auto *to = static_cast<uint8_t *>(result) + lane * sizeof(Element);
    for (uint32_t i = 0; i < count; ++i)
      std::memcpy(to + i * width * sizeof(Element),
                  places[lane] + i * sizeof(Element), sizeof(Element));
  }
}

template <typename Element>
void scatter(Strand *strand, uint32_t mask, const uint64_t *addresses,
             const void *values, uint32_t count, AccessKind kind,
             uint32_t site) {
  uint32_t bytes = count * sizeof(Element);
  uint8_t *places[WarpSize];
  locateAll(strand, mask, addresses, bytes, kind, site,
            baseOfAll(*strand, mask, addresses, bytes, site), places);
  if (sizeof(Element) == 4 && count == 4 && mask == ~0u)
    return scatterQuads(places, static_cast<const uint32_t *>(values));
  uint32_t width = strand->width;
  for (uint32_t rest = mask; rest; rest &= rest - 1) {
    auto lane = static_cast<uint32_t>(std::countr_zero(rest));
    const auto *from =
        static_cast<const uint8_t *>(values) + lane * sizeof(Element);
    for (uint32_t i = 0; i < count; ++i)
      std::memcpy(places[lane] + i * sizeof(Element),
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

[[gnu::noinline]] uint8_t *resolve(Strand *strand, uint64_t address,
                                   uint32_t lane, uint32_t bytes,
                                   uint32_t alignment, AccessKind kind,
                                   uint32_t site) {
  uint8_t *memory =
      tryLocate(*strand, address, bytes, alignment, strand->sites[site]);
  if (!memory)
    memory = locate(strand, address, lane, bytes, alignment, kind, site);
  if (!isSharedAddress(address))
    return memory;
  if (strand->block->core->isRandom)
    strand->block->core->maybeYield(*static_cast<Fiber *>(strand));
  noteAccess(strand, address, bytes, kind, site);
  return memory;
}

} // namespace

extern "C" {

uint8_t *cusim_resolve(Strand *strand, uint64_t address, uint32_t lane,
                       uint32_t bytes, uint32_t alignment, uint32_t kind,
                       uint32_t site) {
  uint64_t offset = address - (SharedTag << TagShift);
  const RaceCheck *races = static_cast<Fiber *>(strand)->races;
  // A word that is not whole in shared memory is never quiet.
  if (races && kind == static_cast<uint32_t>(AccessKind::Load) && bytes == 4 &&
      offset % 4 == 0 && offset < strand->sharedBytes &&
      races->isQuiet(offset, strand->warp)) [[likely]]
    return strand->shared + offset;
  return resolve(strand, address, lane, bytes, alignment,
                 static_cast<AccessKind>(kind), site);
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
