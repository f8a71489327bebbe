//===- TensorCopy.cpp - cp.async.bulk.tensor ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/TensorCopy.h"

#include "runtime/cusim/machine/Async.h"
#include "runtime/cusim/warp/ClusterAddress.h"
#include "runtime/cusim/warp/LaneMemory.h"
#include "runtime/cusim/warp/Mbarrier.h"
#include "runtime/cusim/warp/TensorBox.h"

#include <cstring>

using namespace weft::cusim;

namespace {

constexpr unsigned PieceBytes = 16, BoxAlignment = 128;

/// One box on its way. Plain data: it waits in the machine's queues.
struct TensorCopy {
  TensorBox box;
  /// Of the box in shared memory: its generic address tells the swizzle.
  uint64_t address;
  uint8_t *shared;
  uint64_t *mbarrier;
  uint32_t site;
  AtomicOperation reduction;
};

uint8_t *pieceAt(const TensorCopy &copy, uint32_t offset) {
  uint64_t place =
      swizzledAddress(copy.address + offset, copy.box.map->swizzleBytes);
  return copy.shared + static_cast<int64_t>(place - copy.address);
}

/// Calls `move(bytes in shared memory, place in the line, count)` for parts of
/// the bytes [begin, end) of a line that lie in one piece.
template <typename Move>
void forEachPiece(const TensorCopy &copy, uint32_t lineOffset, uint32_t begin,
                  uint32_t end, Move move) {
  while (begin < end) {
    uint32_t next = std::min((begin / PieceBytes + 1) * PieceBytes, end);
    move(pieceAt(copy, lineOffset + begin), begin, next - begin);
    begin = next;
  }
}

/// What an element outside of the tensor is: zeros, or the type's NaN.
void fillOutside(const TensorMap &map, uint8_t *to, uint32_t bytes) {
  std::memset(to, 0, bytes);
  if (!map.fillsNaN)
    return;
  unsigned size = map.elementBytes();
  uint64_t nan = size == 2   ? 0x7fff
                 : size == 4 ? 0x7fffffff
                             : 0x7fffffffffffffff;
  for (uint32_t at = 0; at < bytes; at += size)
    std::memcpy(to + at, &nan, size);
}

void performLoad(Strand *strand, const void *payload) {
  TensorCopy copy;
  std::memcpy(&copy, payload, sizeof(copy));
  const TensorMap &map = *copy.box.map;
  unsigned size = map.elementBytes();
  uint32_t lineBytes = copy.box.lineBytes();
  copy.box.forEachLine([&](const TensorBox::Line &line) {
    uint32_t first = line.first * size, last = line.last * size;
    auto fill = [&](uint8_t *to, uint32_t, uint32_t bytes) {
      fillOutside(map, to, bytes);
    };
    const uint8_t *from = AddressSpace::hostPointer(line.address);
    forEachPiece(copy, line.boxOffset, 0, first, fill);
    forEachPiece(copy, line.boxOffset, first, last,
                 [&](uint8_t *to, uint32_t at, uint32_t bytes) {
                   std::memcpy(to, from + (at - first), bytes);
                 });
    forEachPiece(copy, line.boxOffset, last, lineBytes, fill);
  });
  completeBytesAt(strand, copy.mbarrier, map.boxBytes(), copy.site);
}

void performStore(Strand *, const void *payload) {
  TensorCopy copy;
  std::memcpy(&copy, payload, sizeof(copy));
  unsigned size = copy.box.map->elementBytes();
  copy.box.forEachLine([&](const TensorBox::Line &line) {
    uint32_t first = line.first * size;
    uint8_t *to = AddressSpace::hostPointer(line.address);
    forEachPiece(copy, line.boxOffset, first, line.last * size,
                 [&](const uint8_t *from, uint32_t at, uint32_t bytes) {
                   std::memcpy(to + (at - first), from, bytes);
                 });
  });
}

void performReduction(Strand *strand, const void *payload) {
  TensorCopy copy;
  std::memcpy(&copy, payload, sizeof(copy));
  unsigned size = copy.box.map->elementBytes();
  auto type = static_cast<uint32_t>(copy.box.map->elementType());
  copy.box.forEachLine([&](const TensorBox::Line &line) {
    for (uint32_t i = line.first; i < line.last; ++i) {
      uint64_t address = line.address + uint64_t(i - line.first) * size;
      uint64_t element = 0;
      std::memcpy(&element, pieceAt(copy, line.boxOffset + i * size), size);
      cusim_atomic(strand, 1, &address, static_cast<uint32_t>(copy.reduction),
                   type, &element, nullptr, nullptr, copy.site);
    }
  });
}

/// One lane that starts a copy.
class Starter {
public:
  Starter(const Collective &call, unsigned lane)
      : call(call), lane(lane), strand(strandOfLane(call.strand, lane, index)) {
  }

  [[noreturn]] void fail(const std::string &message) const {
    fault(strand, index, Report::Kind::IllegalInstruction, call.site, message);
  }

  /// The box that the words from `word` on name: a map, and coordinates.
  TensorBox boxAt(unsigned word, unsigned rank) const {
    TensorBox box{};
    box.map = reinterpret_cast<const TensorMap *>(
        resolve(call, lane, operandPair(call, word, lane), sizeof(TensorMap),
                alignof(TensorMap), AccessKind::Load));
    if (box.map->mark != TensorMap::Mark)
      fail("the address holds no tensor map that cuTensorMapEncodeTiled made");
    if (box.map->rank != rank)
      fail("the instruction has " + std::to_string(rank) +
           " coordinates, and the tensor map " + std::to_string(box.map->rank));
    for (unsigned i = 0; i < rank; ++i)
      box.start[i] =
          static_cast<int32_t>(operandWord(call, word + 2 + i, lane));
    return box;
  }

  /// Checks all memory of a copy, and completes its description.
  TensorCopy describe(const TensorBox &box, uint64_t address,
                      AccessKind sharedKind, AccessKind globalKind) const {
    TensorCopy copy{};
    copy.box = box;
    copy.address = address;
    copy.site = call.site;
    copy.shared = resolve(call, lane, address, box.map->boxBytes(),
                          BoxAlignment, sharedKind);
    unsigned size = box.map->elementBytes();
    box.forEachLine([&](const TensorBox::Line &line) {
      if (line.first < line.last)
        resolve(call, lane, line.address, (line.last - line.first) * size, size,
                globalKind);
    });
    return copy;
  }

  const Collective &call;
  unsigned lane;
  unsigned index = 0;
  Strand *strand;
};

} // namespace

void weft::cusim::cusim_tensor_load(const Collective &call) {
  auto how = TensorImmediate::unpack(call.immediate);
  forEachLane(call, [&](unsigned lane) {
    Starter starter(call, lane);
    TensorBox box = starter.boxAt(2, how.rank);
    uint64_t to = operandPair(call, 0, lane);
    uint64_t mbarrier = operandPair(call, 4u + how.rank, lane);
    auto start = [&](uint64_t address, uint64_t barrier) {
      TensorCopy copy =
          starter.describe(box, address, AccessKind::Async, AccessKind::Load);
      copy.mbarrier = reinterpret_cast<uint64_t *>(
          resolve(call, lane, barrier, 8, 8, AccessKind::Atomic));
      PendingOperation operation =
          pendingOperation(performLoad, copy, call.site);
      operation.writes = address;
      operation.writtenBytes = box.map->boxBytes();
      startBlockOperation(starter.strand, operation);
    };
    if (!how.isMulticast)
      return start(to, mbarrier);
    uint32_t blocks = operandWord(call, 6u + how.rank, lane) & 0xffff;
    for (; blocks; blocks &= blocks - 1) {
      unsigned rank = std::countr_zero(blocks);
      start(addressInBlock(to, rank), addressInBlock(mbarrier, rank));
    }
  });
}

void weft::cusim::cusim_tensor_store(const Collective &call) {
  auto how = TensorImmediate::unpack(call.immediate);
  forEachLane(call, [&](unsigned lane) {
    Starter starter(call, lane);
    TensorBox box = starter.boxAt(0, how.rank);
    TensorCopy copy =
        starter.describe(box, operandPair(call, 2u + how.rank, lane),
                         AccessKind::Load, AccessKind::Store);
    copy.reduction = static_cast<AtomicOperation>(how.reduction);
    startOperation(
        starter.strand, starter.index, AsyncQueue::Bulk,
        pendingOperation(how.reduces ? performReduction : performStore, copy,
                         call.site));
  });
}
