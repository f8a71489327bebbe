//===- Scheduler.cpp - Cores of the host ----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Scheduler.h"

#include <algorithm>
#include <chrono>

#include <sched.h>

namespace weft::cusim {
namespace {

/// Waking a helper costs about as much as this much work.
constexpr double WorthHelpNanoseconds = 20000;

using Clock = std::chrono::steady_clock;

double nanosecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
}

/// Cores that this process may run on.
unsigned availableCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0)
    return std::max(1u, std::thread::hardware_concurrency());
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

} // namespace

Scheduler &Scheduler::get() {
  static Scheduler scheduler;
  return scheduler;
}

Scheduler::~Scheduler() {
  {
    std::unique_lock lock(mutex);
    isEnding = true;
    for (Launch *launch : running)
      launch->end();
    done.wait(lock, [&] { return running.empty(); });
  }
  wakeUp.notify_all();
  for (std::thread &helper : helpers)
    helper.join();
}

std::unique_ptr<Core> Scheduler::takeCore() {
  std::scoped_lock lock(mutex);
  if (cores.empty())
    return std::make_unique<Core>(coreCount++);
  std::unique_ptr<Core> core = std::move(cores.back());
  cores.pop_back();
  return core;
}

void Scheduler::giveBackCore(std::unique_ptr<Core> core) {
  std::scoped_lock lock(mutex);
  cores.push_back(std::move(core));
}

void Scheduler::callHelpers(Offer &offer) {
  {
    std::scoped_lock lock(mutex);
    while (helpers.size() < offer.wantedHelpers)
      helpers.emplace_back([this] { help(); });
    offers.push_back(&offer);
  }
  if (offer.wantedHelpers == 1)
    wakeUp.notify_one();
  else
    wakeUp.notify_all();
}

void Scheduler::dismissHelpers(Offer &offer) {
  std::unique_lock lock(mutex);
  std::erase(offers, &offer);
  done.wait(lock, [&] { return offer.activeHelpers == 0; });
}

void Scheduler::help() {
  std::unique_ptr<Core> core = takeCore();
  std::unique_lock lock(mutex);
  for (;;) {
    wakeUp.wait(lock, [&] { return isEnding || !offers.empty(); });
    if (isEnding)
      return;
    Offer &offer = *offers.front();
    if (++offer.activeHelpers == offer.wantedHelpers)
      offers.pop_front();
    lock.unlock();
    core->run(*offer.launch, [] {});
    lock.lock();
    std::erase(offers, &offer);
    if (--offer.activeHelpers == 0)
      done.notify_all();
  }
}

void Scheduler::run(Launch &launch, unsigned wantedCores,
                    double &unitNanoseconds) {
  static const unsigned available = availableCores();
  unsigned limit = wantedCores ? wantedCores : available;
  uint64_t useful = std::min<uint64_t>(limit, launch.unitCount);
  Offer offer{&launch, static_cast<unsigned>(useful - 1)};
  bool isAlone = useful <= 1 || launch.parameters.isCooperative;
  bool isCalled = false;
  {
    std::scoped_lock lock(mutex);
    running.push_back(&launch);
  }
  std::unique_ptr<Core> core = takeCore();
  auto begin = Clock::now();
  double expected = unitNanoseconds * static_cast<double>(launch.unitCount);
  if (!isAlone && (unitNanoseconds == 0 || expected > WorthHelpNanoseconds)) {
    callHelpers(offer);
    isCalled = true;
  }
  uint64_t ownUnits = 0;
  core->run(launch, [&] {
    ++ownUnits;
    if (isAlone || isCalled || !launch.hasUnits() ||
        nanosecondsSince(begin) < WorthHelpNanoseconds)
      return;
    callHelpers(offer);
    isCalled = true;
  });
  if (ownUnits)
    unitNanoseconds =
        std::max(1.0, nanosecondsSince(begin) / static_cast<double>(ownUnits));
  if (isCalled)
    dismissHelpers(offer);
  giveBackCore(std::move(core));
  std::scoped_lock lock(mutex);
  std::erase(running, &launch);
  if (isEnding)
    done.notify_all();
}

} // namespace weft::cusim
