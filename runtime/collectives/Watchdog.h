//===- Watchdog.h - What ranks know of each other ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   Watchdog watchdog({"rank 0 (tp=0)", "rank 1 (tp=1)"}, policy);
//   watchdog.begin(/*timeout=*/5);      // then each rank, on its own thread:
//   watchdog.enter(rank);
//   watchdog.reach(rank, node);         //   before each command
//   watchdog.wait(rank, condition);     //   for other ranks
//   watchdog.fail(status);              //   the first error is kept
//   watchdog.end(rank);                 //   whatever happened
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_WATCHDOG_H
#define RUNTIME_COLLECTIVES_WATCHDOG_H

#include "weft/Status.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace weft {

/// How long a thread spins, then yields, before it sleeps. Waking a sleeping
/// thread takes about 40 us, a spinning one 0.2 us; but where threads outnumber
/// CPUs a spinning one holds up the one it waits for.
struct WaitPolicy {
  std::chrono::microseconds spins, yields;
  static WaitPolicy of(bool isOversubscribed) {
    using std::chrono::microseconds;
    return isOversubscribed ? WaitPolicy{microseconds(1), microseconds(500)}
                            : WaitPolicy{microseconds(20), microseconds(2000)};
  }
};

/// Sees to it that all ranks of a process end when one of them fails, ends
/// early, or is too late, and that one error says why.
class Watchdog {
public:
  using Clock = std::chrono::steady_clock;

  /// What a rank waits for; asked by any rank.
  class Condition {
  public:
    virtual bool isMet() const = 0;
    /// It never will be, as ranks it needs have ended.
    virtual bool isHopeless() const = 0;

  protected:
    ~Condition() = default;
  };
  enum class Outcome {
    Met,
    Failed,  // another rank did
    Late,    // after the timeout
    Hopeless // nobody is left who could bring it about
  };

  Watchdog(std::vector<std::string> names, WaitPolicy policy);

  size_t size() const { return ranks.size(); }
  const std::string &name(unsigned rank) const { return names[rank]; }

  /// A run begins, of `timeout` seconds; 0: without an end. No rank runs yet.
  void begin(double timeout);
  double timeout() const { return seconds; }
  bool isLate() const;
  /// Late enough for a rank that waits for no other: those that do wait have
  /// had time to say for whom.
  bool isLateAlone() const;
  /// The run failed, and the ranks that have not ended are half a second late,
  /// or their threads are gone: time to end without them.
  bool isOverdue();

  /// Ends all ranks. Only the first error of a run is kept.
  void fail(const Status &status);
  bool hasFailed() const { return failed.load(std::memory_order_relaxed); }
  /// The first error, once all ranks have ended.
  Status error() const;

  /// Rank `rank` runs on this thread.
  void enter(unsigned rank);
  /// Rank `rank` comes to a command; `node` lives as long as the run.
  void reach(unsigned rank, const std::string *node) {
    // Releases what the rank did before to those that give it up.
    ranks[rank].node.store(node, std::memory_order_release);
  }
  /// The node of the command that a rank came to last; empty before the first.
  std::string_view nodeOf(unsigned rank) const;
  void end(unsigned rank);
  bool hasEnded(unsigned rank) const {
    return ranks[rank].ended.load(std::memory_order_acquire);
  }

  /// Waits until `condition` is met.
  Outcome wait(unsigned rank, const Condition &condition);
  /// To be called after a condition may have become true.
  void wakeWaiters() {
    // Sequentially consistent with the count of sleepers: either the rank that
    // goes to sleep sees the change, or this one sees the sleeper.
    if (sleepers.load() != 0)
      ring();
  }

private:
  struct alignas(64) Rank {
    std::atomic<const std::string *> node = nullptr;
    std::atomic<bool> ended = true;
    std::atomic<bool> died = false; // then it has ended, too
    std::atomic<int> thread = 0;    // the system's number; 0 before `enter`
    bool sharesCpu = false;         // with the rank it waited for last
    const Condition *waitsFor = nullptr; // under `mutex`
  };
  bool isDeadlock();
  void findDeadThreads();
  Outcome sleep(unsigned rank, const Condition &condition);
  void ring();

  const std::vector<std::string> names;
  const WaitPolicy policy;
  std::vector<Rank> ranks;
  double seconds = 0;
  Clock::time_point deadline;
  std::atomic<Clock::rep> nextLook = 0; // for dead threads

  mutable std::mutex mutex;
  Status firstError = Status::ok();
  std::atomic<bool> failed = false;
  alignas(64) std::atomic<uint32_t> bell = 0; // what sleepers wait on
  alignas(64) std::atomic<uint32_t> sleepers = 0;
};

} // namespace weft

#endif // RUNTIME_COLLECTIVES_WATCHDOG_H
