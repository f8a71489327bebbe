//===- Watchdog.cpp - What ranks know of each other -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/Watchdog.h"
#include "runtime/base/Spin.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <cerrno>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace weft;

static constexpr std::chrono::milliseconds grace(500), slack(100);
static constexpr std::chrono::milliseconds lookInterval(20);
// A sleeping rank looks at the clock this often.
static constexpr timespec nap = {0, 20'000'000};

Watchdog::Watchdog(std::vector<std::string> names, WaitPolicy policy)
    : names(std::move(names)), policy(policy), ranks(this->names.size()) {}

void Watchdog::begin(double timeout) {
  seconds = timeout;
  // Years are enough, and do not overflow the clock.
  deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(
                         std::chrono::duration<double>(std::min(timeout, 1e9)));
  firstError = Status::ok();
  failed = false;
  for (Rank &rank : ranks) {
    rank.node = nullptr;
    rank.ended = false;
    rank.died = false;
    rank.thread = 0;
    rank.waitsFor = nullptr;
  }
}

bool Watchdog::isLate() const { return seconds > 0 && Clock::now() > deadline; }

bool Watchdog::isLateAlone() const {
  return seconds > 0 &&
         Clock::now() >
             deadline + (ranks.size() > 1 ? slack : Clock::duration());
}

bool Watchdog::isOverdue() {
  findDeadThreads();
  if (!hasFailed())
    return false;
  if (seconds > 0 && Clock::now() > deadline + grace)
    return true;
  bool someDied = false, allEnded = true;
  for (const Rank &rank : ranks) {
    someDied |= rank.died;
    allEnded &= rank.ended;
  }
  return someDied && allEnded;
}

void Watchdog::enter(unsigned rank) {
  static thread_local const int thread = gettid();
  ranks[rank].thread = thread;
}

/// A thread that dies (a kernel is machine code, it can do anything) says
/// nothing; the system knows.
void Watchdog::findDeadThreads() {
  Clock::rep now = Clock::now().time_since_epoch().count();
  Clock::rep look = nextLook;
  if (now < look || !nextLook.compare_exchange_strong(
                        look, now + Clock::duration(lookInterval).count()))
    return;
  for (unsigned rank = 0; rank != ranks.size(); ++rank) {
    int thread = ranks[rank].thread;
    if (ranks[rank].ended || thread == 0 ||
        syscall(SYS_tgkill, getpid(), thread, 0) == 0 || errno != ESRCH)
      continue;
    ranks[rank].died = true;
    fail(Status::error(
        (names[rank].empty() ? "the thread" : names[rank] + ": its thread") +
        " ended at node '" + printable(nodeOf(rank)) + "'"));
    end(rank);
  }
}

void Watchdog::fail(const Status &status) {
  {
    std::lock_guard lock(mutex);
    if (!failed) {
      firstError = status;
      failed = true;
    }
  }
  wakeWaiters();
}

Status Watchdog::error() const {
  std::lock_guard lock(mutex);
  return firstError;
}

std::string_view Watchdog::nodeOf(unsigned rank) const {
  const std::string *node = ranks[rank].node.load(std::memory_order_acquire);
  return node ? std::string_view(*node) : std::string_view();
}

void Watchdog::end(unsigned rank) {
  ranks[rank].ended = true;
  wakeWaiters();
}

/// Every rank has ended, or sleeps until another one does something.
bool Watchdog::isDeadlock() {
  return std::all_of(ranks.begin(), ranks.end(), [](const Rank &rank) {
    return rank.ended || (rank.waitsFor && !rank.waitsFor->isMet());
  });
}

void Watchdog::ring() {
  bell.fetch_add(1);
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&bell), FUTEX_WAKE_PRIVATE,
          INT32_MAX, nullptr, nullptr, 0);
}

Watchdog::Outcome Watchdog::sleep(unsigned rank, const Condition &condition) {
  findDeadThreads();
  uint32_t heard = bell.load();
  sleepers.fetch_add(1);
  bool isStuck = false;
  {
    std::lock_guard lock(mutex);
    ranks[rank].waitsFor = &condition;
    isStuck = isDeadlock();
  }
  // Looked at again after being counted: see `wakeWaiters`.
  if (!isStuck && !condition.isMet() && !condition.isHopeless() && !hasFailed())
    syscall(SYS_futex, reinterpret_cast<uint32_t *>(&bell), FUTEX_WAIT_PRIVATE,
            heard, &nap, nullptr, 0);
  {
    std::lock_guard lock(mutex);
    ranks[rank].waitsFor = nullptr;
  }
  sleepers.fetch_sub(1);
  return isStuck ? Outcome::Hopeless : Outcome::Met;
}

/// Returns true when what this rank waits for came about while another thread
/// had the CPU for a moment: the two share it, for the system may not move one
/// where other programs are busy. Those keep it longer.
static bool yieldTo(const Watchdog::Condition &condition) {
  Watchdog::Clock::time_point start = Watchdog::Clock::now();
  sched_yield();
  Watchdog::Clock::duration away = Watchdog::Clock::now() - start;
  return away > std::chrono::microseconds(2) &&
         away < std::chrono::microseconds(200) && condition.isMet();
}

Watchdog::Outcome Watchdog::wait(unsigned rank, const Condition &condition) {
  Outcome outcome = Outcome::Met;
  // Spinning would hold up a rank that shares the CPU.
  std::chrono::microseconds spins = policy.spins;
  if (ranks[rank].sharesCpu)
    spins = std::min(spins, std::chrono::microseconds(1));
  bool isMet = spinFor([&] { return condition.isMet(); },
                       [&](Clock::duration waited) {
                         // An end or a failure of others first: what they did
                         // before counts.
                         bool isHopeless = condition.isHopeless();
                         if (condition.isMet())
                           return false;
                         if (hasFailed())
                           outcome = Outcome::Failed;
                         else if (isHopeless)
                           outcome = Outcome::Hopeless;
                         else if (isLate())
                           outcome = Outcome::Late;
                         else if (waited > policy.spins + policy.yields)
                           outcome = sleep(rank, condition);
                         else if (waited > spins)
                           ranks[rank].sharesCpu = yieldTo(condition);
                         return outcome == Outcome::Met;
                       });
  return isMet || condition.isMet() ? Outcome::Met : outcome;
}
