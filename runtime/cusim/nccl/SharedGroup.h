//===- SharedGroup.h - Ranks that meet in shared memory ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_NCCL_SHAREDGROUP_H
#define RUNTIME_CUSIM_NCCL_SHAREDGROUP_H

#include "weft/Status.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace weft::cusim {

/// A group of ranks, of one process or of several, around a segment of shared
/// memory: a barrier, and a chunk that each rank writes and all read. One
/// object a rank.
class SharedGroup {
public:
  static constexpr unsigned maxRanks = 1024;
  /// Bytes that a rank can show the others at once.
  static constexpr uint64_t chunkBytes = 1 << 20;
  /// Bytes on the way from one rank to another.
  static constexpr uint64_t mailBytes = 1 << 16;

  /// Waits until all ranks have joined, or one could not. `name` is one file
  /// name; `rank` is less than `ranks`, which is at most maxRanks.
  static StatusOr<std::unique_ptr<SharedGroup>>
  join(const std::string &name, unsigned ranks, unsigned rank);
  ~SharedGroup();

  unsigned getRanks() const { return ranks; }
  unsigned getRank() const { return rank; }
  uint8_t *chunkOf(unsigned rank) const;

  /// Returns when all ranks have come; false once somebody gave up.
  bool meet();
  /// Ends all waiting, of all ranks.
  void abort();
  bool isAborted() const;

  /// A mailbox: its writer fills it when it is empty, its reader empties it.
  struct Mail {
    std::atomic<uint32_t> bytes;
    uint8_t data[mailBytes];
  };
  Mail &mail(unsigned from, unsigned to) const;

private:
  struct Header;
  SharedGroup(void *memory, uint64_t bytes, unsigned ranks, unsigned rank)
      : memory(static_cast<uint8_t *>(memory)), bytes(bytes), ranks(ranks),
        rank(rank) {}
  Header &header() const;

  uint8_t *memory;
  uint64_t bytes;
  unsigned ranks, rank;
};

/// Lets others run for longer and longer, up to a tenth of a millisecond.
class Patience {
public:
  void wait();

private:
  unsigned turns = 0;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_NCCL_SHAREDGROUP_H
