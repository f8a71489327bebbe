//===- Memory.cpp - Where an address lies ---------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Memory.h"
#include "runtime/cusim/machine/Access.h"
#include "runtime/cusim/machine/Text.h"

namespace weft::cusim {
namespace {

std::string describeAllocation(const Allocation &allocation, uint64_t address) {
  uint64_t end = allocation.address + allocation.bytes;
  std::string where;
  if (address < allocation.address)
    where = std::to_string(allocation.address - address) + " bytes before";
  else if (address < end)
    where = std::to_string(address - allocation.address) + " bytes inside";
  else
    where = std::to_string(address - end) + " bytes after";
  return where + " the nearest allocation at " +
         hexOfAddress(allocation.address) + " of size " +
         std::to_string(allocation.bytes) + " bytes";
}

/// An access that has no place in memory.
struct Miss {
  Strand *strand;
  uint64_t address;
  unsigned lane;
  uint32_t bytes;
  AccessKind kind;
  uint32_t site;

  [[noreturn]] void
  report(std::string detail,
         Report::Kind reportKind = Report::Kind::InvalidAddress) const {
    Report report;
    report.kind = reportKind;
    describePlace(*strand->block->launch, *strand, lane, site, report);
    report.address = address;
    report.bytes = bytes;
    report.isWrite = isWrite(kind);
    report.detail = std::move(detail);
    fault(strand, std::move(report));
  }
};

uint8_t *locateShared(const Miss &miss) {
  Block &own = *miss.strand->block;
  uint64_t offset = miss.address & ((1u << SharedRankShift) - 1);
  uint32_t rank = miss.address >> SharedRankShift & 0xff;
  Block *owner = &own;
  if (rank != 0) {
    if (rank > own.cluster->blockCount)
      miss.report("is shared memory of block " + std::to_string(rank - 1) +
                  " of a cluster of " +
                  std::to_string(own.cluster->blockCount) + " blocks");
    owner = own.cluster->blocks[rank - 1].get();
    if (owner->liveStrands == 0)
      miss.report("is shared memory of block " + std::to_string(rank - 1) +
                  " of the cluster, which has ended");
  }
  bool isInside = miss.bytes <= owner->sharedBytes &&
                  offset <= owner->sharedBytes - miss.bytes;
  bool hasStrayBits = (miss.address & HostAddressMask) >> 32 != 0;
  if (!isInside || hasStrayBits)
    miss.report(
        "is out of bounds: the block has " +
        std::to_string(owner->sharedBytes) +
        " bytes of shared memory, and the access begins at offset " +
        std::to_string(hasStrayBits ? miss.address & HostAddressMask : offset));
  return owner->shared + offset;
}

uint8_t *locateLocal(const Miss &miss) {
  uint64_t offset = miss.address & HostAddressMask;
  uint64_t size = miss.strand->block->launch->kernel.localBytes;
  if (miss.bytes > size || offset > size - miss.bytes)
    miss.report("is out of bounds: the thread has " + std::to_string(size) +
                " bytes of local memory, and the access begins at offset " +
                std::to_string(offset));
  return miss.strand->local + miss.lane * miss.strand->localStride + offset;
}

uint8_t *locateParameter(const Miss &miss) {
  uint64_t offset = miss.address & HostAddressMask;
  uint64_t size = miss.strand->block->launch->kernel.parameterBytes;
  if (isWrite(miss.kind))
    miss.report("is a parameter of the kernel, which cannot be written");
  if (miss.bytes > size || offset > size - miss.bytes)
    miss.report("is out of bounds: the kernel has " + std::to_string(size) +
                " bytes of parameters, and the access begins at offset " +
                std::to_string(offset));
  // Loads alone reach it.
  return const_cast<uint8_t *>(miss.strand->parameters) + offset;
}

uint8_t *locateGlobal(const Miss &miss) {
  Launch &launch = *miss.strand->block->launch;
  Core &core = *miss.strand->block->core;
  for (const SiteRange &range : core.recentRanges)
    if (miss.address >= range.begin && miss.address < range.end &&
        miss.bytes <= range.end - miss.address) {
      miss.strand->sites[miss.site] = range;
      return AddressSpace::hostPointer(miss.address);
    }
  std::optional<Allocation> allocation =
      launch.addresses.find(miss.address, miss.bytes);
  if (!allocation) {
    if (miss.address < 4096)
      miss.report("is a null pointer");
    std::optional<Allocation> nearest = launch.addresses.nearest(miss.address);
    bool isOfHost = miss.address >> TagShift == 0;
    if (isOfHost && !nearest)
      miss.report("is an address of the host: the memory is neither pinned nor "
                  "registered");
    miss.report(nearest ? "is out of bounds and is " +
                              describeAllocation(*nearest, miss.address)
                        : "is out of bounds: the device has no allocation");
  }
  if (allocation->kind == Allocation::Kind::Device &&
      !launch.addresses.canAccess(launch.device, allocation->device))
    miss.report("is memory of device " + std::to_string(allocation->device) +
                ", but access of device " + std::to_string(launch.device) +
                " to it was not enabled (cuCtxEnablePeerAccess)");
  SiteRange range{allocation->address, allocation->address + allocation->bytes};
  miss.strand->sites[miss.site] = range;
  core.recentRanges[core.nextRecent++ % core.recentRanges.size()] = range;
  return AddressSpace::hostPointer(miss.address);
}

} // namespace

uint8_t *locate(Strand *strand, uint64_t address, unsigned lane, uint32_t bytes,
                uint32_t alignment, AccessKind kind, uint32_t site) {
  Miss miss{strand, address, lane, bytes, kind, site};
  if (address & (alignment - 1))
    miss.report("is misaligned: expected a multiple of " +
                    std::to_string(alignment),
                Report::Kind::MisalignedAddress);
  switch (address >> TagShift) {
  case SharedTag:
    return locateShared(miss);
  case LocalTag:
    return locateLocal(miss);
  case ParamTag:
    return locateParameter(miss);
  default:
    break;
  }
  const SiteRange &range = strand->sites[site];
  if (address >= range.begin && address < range.end &&
      bytes <= range.end - address)
    return AddressSpace::hostPointer(address);
  return locateGlobal(miss);
}

Strand *strandOfLane(Strand *strand, unsigned lane, unsigned &laneInStrand) {
  laneInStrand = strand->width == 1 ? 0 : lane;
  if (strand->width != 1)
    return strand;
  return &strand->block->strands[strand->warp * WarpSize + lane];
}

uint8_t *resolveInWarp(Strand *strand, unsigned lane, uint64_t address,
                       uint32_t bytes, uint32_t alignment, AccessKind kind,
                       uint32_t site) {
  unsigned laneInStrand;
  Strand *owner = strandOfLane(strand, lane, laneInStrand);
  uint8_t *memory =
      locate(owner, address, laneInStrand, bytes, alignment, kind, site);
  noteAccess(owner, address, bytes, kind, site);
  return memory;
}

bool countsAccesses(const Strand &strand) {
  return strand.block->launch->compileOptions.count;
}

std::string describeSite(const Launch &launch, uint32_t site) {
  const std::vector<Site> &sites = launch.module.compiled().sites();
  if (site >= sites.size())
    return "an unknown place";
  return "`" + sites[site].text + "` (line " +
         std::to_string(sites[site].line) + ")";
}

void describeThread(const Launch &launch, const Strand &strand, unsigned lane,
                    Report &report) {
  report.kernel = launch.kernel.name;
  for (unsigned axis = 0; axis < 3; ++axis) {
    report.block[axis] = strand.ctaid[axis];
    report.thread[axis] = strand.tid[axis][lane];
  }
}

void describePlace(const Launch &launch, const Strand &strand, unsigned lane,
                   uint32_t site, Report &report) {
  describeThread(launch, strand, lane, report);
  const std::vector<Site> &sites = launch.module.compiled().sites();
  if (site >= sites.size())
    return;
  report.line = sites[site].line;
  report.instruction = sites[site].text;
}

void fault(Strand *strand, Report report) {
  Core &core = *strand->block->core;
  {
    // Nothing on an abandoned stack is destroyed.
    Report own = std::move(report);
    core.launch->add(std::move(own), /*isFatal=*/true);
  }
  core.abandon();
}

void fault(Strand *strand, unsigned lane, Report::Kind kind, uint32_t site,
           std::string detail) {
  {
    Report report;
    report.kind = kind;
    describePlace(*strand->block->launch, *strand, lane, site, report);
    report.detail = std::move(detail);
    strand->block->launch->add(std::move(report), /*isFatal=*/true);
  }
  strand->block->core->abandon();
}

} // namespace weft::cusim
