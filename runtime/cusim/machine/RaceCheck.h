//===- RaceCheck.h - Races within a block -----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Width 1. Every access of shared memory is stamped with the block's time,
// which advances when threads synchronize. Each thread knows, for every other
// thread, up to which time that one's accesses happened before its own next
// ones. Two accesses, one of them a write and not both strong, race when the
// later one's thread does not know the earlier one.
//
// What a thread knows has three levels: `floor` for all threads (a barrier of
// the whole block), `warpFloor` for its warp (an operation of the whole warp),
// and a full vector, made when a block first synchronizes in part (barriers of
// some warps, membermasks, mbarriers).
//
// A word of shared memory has one cell while it is accessed as a whole, and
// four, one a byte, from the first narrower access on: neighbouring bytes that
// different threads write are no race.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_RACECHECK_H
#define RUNTIME_CUSIM_MACHINE_RACECHECK_H

#include "runtime/cusim/machine/Async.h"
#include "runtime/cusim/machine/Barrier.h"
#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Report.h"
#include "runtime/cusim/machine/Strand.h"

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace weft::cusim {

class Block;
struct Fiber;

class RaceCheck {
public:
  void begin(Block &block);

  /// An access that is in bounds. In the shared memory of other blocks of the
  /// cluster, only that a write initializes is noted.
  void access(Strand &strand, uint64_t address, uint32_t bytes, AccessKind kind,
              uint32_t site);

  /// Whether a plain load of the aligned word at an offset by a thread of the
  /// warp finds and leaves the word as it is: several threads of that warp, or
  /// several warps, have read it since anybody synchronized. Most loads of
  /// tiled kernels are so.
  bool isQuiet(uint64_t offset, uint32_t warp) const {
    uint64_t word = quiet[offset / 4];
    return word >> 32 == now && word >> warp & 1;
  }
  /// The same for compiled code (Strand::quietWords, raceTime), which looks at
  /// up to four words from a place in bounds, or from 0.
  const uint64_t *getQuietWords() const { return quiet.data(); }
  const uint32_t *getTime() const { return &now; }

  /// An asynchronous operation was started, and has happened.
  void beginAsync(Strand &strand, const PendingOperation &operation);
  /// `isOrdered`: whoever sees that it has happened may use what it wrote (an
  /// mbarrier); else the strand may, and others after a barrier.
  void endAsync(Strand &strand, const PendingOperation &operation,
                bool isOrdered);

  /// Orders that threads make.
  void arrive(Fiber &fiber, Barrier &barrier);
  void completeBarrier(Barrier &barrier, Fiber *last);
  /// A barrier of the whole block, or cluster.
  void joinAll();
  void joinLanes(unsigned warp, uint32_t lanes);
  void release(Strand &strand, const void *key);
  void acquire(Strand &strand, const void *key);

private:
  using Time = uint32_t;
  using Thread = uint16_t;
  static constexpr Thread Nobody = 0xffff;
  static constexpr Thread Many = 0xfffe;

  /// Half a line.
  struct alignas(32) Cell {
    Time writeTime = 0;
    uint32_t writeSite = 0;
    Time readTime = 0;
    uint32_t readSite = 0;
    /// Of `Many`: their warps, and with vectors a set of lanes and times, by
    /// index in `readerSets` plus 1.
    uint32_t readerWarps = 0;
    uint32_t readerSet = 0;
    Thread writer = Nobody;
    Thread reader = Nobody;
    bool isStrongWrite : 1 = false;
    bool isStrongRead : 1 = false;
    bool isInitialized : 1 = false;
    /// Asynchronous operations under way that will write it.
    uint8_t pendingAsync = 0;
  };
  struct ReaderSet {
    std::array<Time, WarpSize> times{};
    std::array<uint32_t, WarpSize> lanes{};
  };
  struct Knowledge {
    Time floor = 0;
    Time warpFloor = 0;
    /// By thread; empty while the block synchronizes as a whole.
    std::vector<Time> threads;
  };
  struct Access {
    Strand &strand;
    Thread thread;
    uint64_t address;
    uint32_t bytes;
    AccessKind kind;
    uint32_t site;
    bool isStrong;
  };

  static Thread threadOf(const Strand &strand) {
    return static_cast<Thread>(strand.warp * WarpSize + strand.lane);
  }
  Time known(uint32_t thread, uint32_t other) const;
  bool knows(uint32_t thread, uint32_t other, Time time) const {
    return thread == other || known(thread, other) >= time;
  }
  bool knowsReaders(uint32_t thread, const Cell &cell) const;
  void makeVectors();
  void joinInto(std::vector<Time> &joined, uint32_t thread) const;

  template <typename Function>
  void forEachCell(uint64_t offset, uint64_t bytes, Function function);
  void disturb(uint64_t offset, uint64_t bytes);
  bool isOrdinary(Cell &cell, Thread thread, Time floor, AccessKind kind,
                  uint32_t site);
  void checkWrite(Cell &cell, const Access &access);
  void checkRead(Cell &cell, const Access &access);
  void addReader(Cell &cell, const Access &access);
  void addToReaderSet(Cell &cell, uint32_t thread, Time time);
  void initializeElsewhere(Strand &strand, uint64_t address, uint64_t bytes);
  void report(const Access &access, uint32_t other, uint32_t otherSite,
              const char *what);
  void reportUninitialized(const Access &access);

  Block *block = nullptr;
  Time now = 1;
  std::vector<Cell> words;
  /// The time at which a word is quiet, and for which warps (isQuiet).
  std::vector<uint64_t> quiet;
  /// Index in `splitWords` plus 1 of each word; 0: accessed as a whole so far.
  std::vector<uint32_t> splits;
  std::vector<std::array<Cell, 4>> splitWords;
  std::vector<ReaderSet> readerSets;
  std::vector<Knowledge> knowledge;
  bool hasVectors = false;
  /// A random schedule may switch at every access.
  bool canBeQuiet = true;
  /// What threads that released at a key knew, and did.
  std::map<const void *, std::vector<Time>> released;
  /// Pairs of sites that were reported in this launch.
  uint64_t launchId = 0;
  std::set<std::pair<uint32_t, uint32_t>> reported;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_RACECHECK_H
