//===- RaceCheck.cpp - Races within a block -------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/RaceCheck.h"
#include "runtime/cusim/machine/Block.h"
#include "runtime/cusim/machine/Core.h"
#include "runtime/cusim/machine/Memory.h"
#include "runtime/cusim/machine/Text.h"

#include <algorithm>
#include <bit>
#include <string>

namespace weft::cusim {
namespace {

constexpr uint64_t WordBytes = 4;

bool isStrongKind(AccessKind kind) {
  return kind == AccessKind::Atomic || kind == AccessKind::StrongLoad ||
         kind == AccessKind::StrongStore;
}

/// Offset in the own block's shared memory; false for another block's.
bool ownOffset(const Strand &strand, uint64_t address, uint64_t &offset) {
  uint32_t rank = address >> SharedRankShift & 0xff;
  offset = address & ((1u << SharedRankShift) - 1);
  return rank == 0 || rank - 1 == strand.block->rank;
}

} // namespace

void RaceCheck::begin(Block &ofBlock) {
  block = &ofBlock;
  if (launchId != ofBlock.launch->id)
    reported.clear();
  launchId = ofBlock.launch->id;
  now = 1;
  size_t wordCount = (ofBlock.sharedBytes + WordBytes - 1) / WordBytes;
  words.assign(wordCount, Cell());
  quiet.assign(wordCount + 4, 0);
  splits.assign(wordCount, 0);
  splitWords.clear();
  readerSets.clear();
  knowledge.assign(ofBlock.strands.size(), Knowledge());
  hasVectors = false;
  canBeQuiet = !ofBlock.core->isRandom;
  released.clear();
}

template <typename Function>
void RaceCheck::forEachCell(uint64_t offset, uint64_t bytes,
                            Function function) {
  uint64_t end = offset + bytes;
  while (offset < end) {
    Cell &word = words[offset / WordBytes];
    uint32_t &split = splits[offset / WordBytes];
    uint64_t byte = offset % WordBytes;
    uint64_t count = std::min(WordBytes - byte, end - offset);
    if (!split && count == WordBytes) {
      function(word);
    } else {
      if (!split) {
        splitWords.push_back({word, word, word, word});
        // A set of readers belongs to one cell.
        for (Cell &cell : splitWords.back())
          cell.readerSet = 0;
        split = static_cast<uint32_t>(splitWords.size());
      }
      for (uint64_t i = byte; i < byte + count; ++i)
        function(splitWords[split - 1][i]);
    }
    offset += count;
  }
}

/// The usual case, done at once: an access that the last barrier orders after
/// all others, or a thread's access after its own.
inline bool RaceCheck::isOrdinary(Cell &cell, Thread thread, Time floor,
                                  AccessKind kind, uint32_t site) {
  bool isOrderedWrite = cell.writer == thread || cell.writeTime <= floor;
  bool isOrderedRead =
      cell.reader == Nobody || cell.reader == thread || cell.readTime <= floor;
  if (cell.pendingAsync || !isOrderedWrite)
    return false;
  if (kind == AccessKind::Store && isOrderedRead) {
    cell.writer = thread;
    cell.writeTime = now;
    cell.writeSite = site;
    cell.isStrongWrite = false;
    cell.isInitialized = true;
    cell.reader = Nobody;
    return true;
  }
  if (kind != AccessKind::Load || !cell.isInitialized)
    return false;
  if (isOrderedRead) {
    cell.reader = thread;
    cell.readerWarps = 1u << thread / WarpSize;
    cell.isStrongRead = false;
  } else if (hasVectors) {
    return false;
  } else {
    cell.reader = Many;
    cell.readerWarps |= 1u << thread / WarpSize;
    cell.isStrongRead = false;
  }
  cell.readTime = now;
  cell.readSite = site;
  return true;
}

void RaceCheck::access(Strand &strand, uint64_t address, uint32_t bytes,
                       AccessKind kind, uint32_t site) {
  uint64_t offset;
  if (!ownOffset(strand, address, offset)) {
    // What is under way writes when it has happened.
    if (isWrite(kind) && kind != AccessKind::Async)
      initializeElsewhere(strand, address, bytes);
    return;
  }
  // Cooperative groups synchronize there by atomics and fences alone, and all
  // lanes write the same.
  const CompiledKernel &kernel = block->launch->kernel;
  if (offset - kernel.zeroSharedOffset < kernel.zeroSharedBytes)
    return;
  Thread thread = threadOf(strand);
  if ((offset | bytes) % WordBytes == 0 && splitWords.empty()) {
    Cell *first = &words[offset / WordBytes];
    Time floor = knowledge[thread].floor;
    bool areOrdinary = true;
    for (uint32_t i = 0; i < bytes / WordBytes; ++i) {
      areOrdinary &= isOrdinary(first[i], thread, floor, kind, site);
      uint32_t warps = first[i].readerWarps;
      if (first[i].reader == Many && areOrdinary && canBeQuiet &&
          first[i].writeTime <= floor)
        quiet[offset / WordBytes + i] =
            uint64_t(now) << 32 | (std::has_single_bit(warps) ? warps : ~0u);
    }
    // To do one of them again changes nothing.
    if (areOrdinary)
      return;
  }
  Access access{strand, threadOf(strand),  address, bytes, kind,
                site,   isStrongKind(kind)};
  bool isRead = !isWrite(kind) || kind == AccessKind::Atomic;
  forEachCell(offset, bytes, [&](Cell &cell) {
    if (cell.pendingAsync)
      report(access, access.thread, cell.writeSite,
             "an asynchronous copy that was not waited for writes it");
    else if (isRead && !cell.isInitialized)
      reportUninitialized(access);
    if (isWrite(kind))
      checkWrite(cell, access);
    else
      checkRead(cell, access);
  });
}

void RaceCheck::disturb(uint64_t offset, uint64_t bytes) {
  uint64_t end = offset + bytes;
  for (uint64_t word = offset / WordBytes; word * WordBytes < end; ++word)
    quiet[word] = 0;
}

void RaceCheck::checkWrite(Cell &cell, const Access &access) {
  if (cell.writer != Nobody && !(access.isStrong && cell.isStrongWrite) &&
      !knows(access.thread, cell.writer, cell.writeTime))
    report(access, cell.writer, cell.writeSite, "writes it");
  else if (cell.reader != Nobody && !(access.isStrong && cell.isStrongRead) &&
           !knowsReaders(access.thread, cell))
    report(access, cell.reader, cell.readSite, "reads it");
  cell.writer = access.thread;
  cell.writeTime = now;
  cell.writeSite = access.site;
  cell.isStrongWrite = access.isStrong;
  cell.isInitialized = true;
  cell.reader = Nobody;
}

void RaceCheck::checkRead(Cell &cell, const Access &access) {
  if (cell.writer != Nobody && !(access.isStrong && cell.isStrongWrite) &&
      !knows(access.thread, cell.writer, cell.writeTime))
    report(access, cell.writer, cell.writeSite, "writes it");
  addReader(cell, access);
}

void RaceCheck::addReader(Cell &cell, const Access &access) {
  Thread thread = access.thread;
  uint32_t warpBit = 1u << thread / WarpSize;
  // Of many readers, vectors are compared by the next writer alone.
  bool replaces =
      cell.reader == Nobody || cell.reader == thread ||
      knowledge[thread].floor >= cell.readTime ||
      (!(hasVectors && cell.reader == Many) && knowsReaders(thread, cell));
  if (replaces) {
    cell.reader = thread;
    cell.readerWarps = warpBit;
    cell.isStrongRead = access.isStrong;
  } else {
    if (cell.reader != Many) {
      if (hasVectors) {
        if (cell.readerSet)
          readerSets[cell.readerSet - 1] = ReaderSet();
        addToReaderSet(cell, cell.reader, cell.readTime);
      }
      cell.reader = Many;
    }
    if (hasVectors)
      addToReaderSet(cell, thread, now);
    cell.readerWarps |= warpBit;
    cell.isStrongRead &= access.isStrong;
  }
  cell.readTime = now;
  cell.readSite = access.site;
}

void RaceCheck::addToReaderSet(Cell &cell, uint32_t thread, Time time) {
  if (!cell.readerSet) {
    readerSets.emplace_back();
    cell.readerSet = static_cast<uint32_t>(readerSets.size());
    // Readers from before there were vectors: whole warps.
    if (cell.reader == Many)
      for (uint32_t rest = cell.readerWarps; rest; rest &= rest - 1) {
        auto warp = static_cast<size_t>(std::countr_zero(rest));
        readerSets.back().times[warp] = cell.readTime;
        readerSets.back().lanes[warp] = ~0u;
      }
  }
  ReaderSet &set = readerSets[cell.readerSet - 1];
  Time &last = set.times[thread / WarpSize];
  last = std::max(last, time);
  set.lanes[thread / WarpSize] |= 1u << thread % WarpSize;
}

void RaceCheck::beginAsync(Strand &strand, const PendingOperation &operation) {
  uint64_t offset;
  if (!operation.writtenBytes || !ownOffset(strand, operation.writes, offset))
    return;
  Access access{strand,
                threadOf(strand),
                operation.writes,
                operation.writtenBytes,
                AccessKind::Async,
                operation.site,
                /*isStrong=*/false};
  disturb(offset, operation.writtenBytes);
  forEachCell(offset, operation.writtenBytes, [&](Cell &cell) {
    checkWrite(cell, access);
    ++cell.pendingAsync;
  });
}

void RaceCheck::endAsync(Strand &strand, const PendingOperation &operation,
                         bool isOrdered) {
  uint64_t offset;
  if (!operation.writtenBytes)
    return;
  if (!ownOffset(strand, operation.writes, offset))
    return initializeElsewhere(strand, operation.writes,
                               operation.writtenBytes);
  forEachCell(offset, operation.writtenBytes, [&](Cell &cell) {
    --cell.pendingAsync;
    cell.writer = isOrdered ? Nobody : threadOf(strand);
    cell.writeTime = now;
    cell.reader = Nobody;
  });
}

void RaceCheck::initializeElsewhere(Strand &strand, uint64_t address,
                                    uint64_t bytes) {
  Cluster &cluster = *strand.block->cluster;
  uint32_t rank = (address >> SharedRankShift & 0xff) - 1;
  if (rank >= cluster.blockCount || !cluster.blocks[rank]->races)
    return;
  uint64_t offset = address & ((1u << SharedRankShift) - 1);
  cluster.blocks[rank]->races->forEachCell(offset, bytes, [](Cell &cell) {
    cell.isInitialized = true;
    cell.writer = Nobody;
    cell.reader = Nobody;
  });
}

void RaceCheck::report(const Access &access, uint32_t other, uint32_t otherSite,
                       const char *what) {
  if (!reported.emplace(access.site, otherSite).second)
    return;
  Launch &launch = *block->launch;
  Report report;
  report.kind = Report::Kind::RaceHazard;
  describePlace(launch, access.strand, 0, access.site, report);
  report.address = access.address;
  report.bytes = access.bytes;
  report.isWrite = isWrite(access.kind);
  const std::vector<Site> &sites = launch.module.compiled().sites();
  if (otherSite < sites.size())
    report.otherLine = sites[otherSite].line;
  std::string who = "several threads";
  if (other != Many) {
    const Fiber &fiber = block->strands[other];
    uint32_t tid[3] = {fiber.tid[0][0], fiber.tid[1][0], fiber.tid[2][0]};
    who = "thread " + triple(tid);
  }
  bool isOwnCopy = other == access.thread;
  report.detail =
      isOwnCopy ? std::string(what) + ": " + describeSite(launch, otherSite)
                : who + " " + what + " at " + describeSite(launch, otherSite) +
                      " with no barrier in between";
  launch.add(std::move(report), /*isFatal=*/false);
}

void RaceCheck::reportUninitialized(const Access &access) {
  if (!reported.emplace(access.site, Nobody).second)
    return;
  Launch &launch = *block->launch;
  Report report;
  report.kind = Report::Kind::UninitializedRead;
  describePlace(launch, access.strand, 0, access.site, report);
  report.address = access.address;
  report.bytes = access.bytes;
  report.detail = "no thread of the block has written it";
  launch.add(std::move(report), /*isFatal=*/false);
}

} // namespace weft::cusim
