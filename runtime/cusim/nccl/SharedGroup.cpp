//===- SharedGroup.cpp - Ranks that meet in shared memory -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/nccl/SharedGroup.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

using namespace weft;
using namespace weft::cusim;

/// Fresh shared memory is zeros, which is how all of this begins.
struct SharedGroup::Header {
  std::atomic<uint32_t> joined;
  std::atomic<uint32_t> arrived;
  std::atomic<uint32_t> generation;
  std::atomic<uint32_t> isAborted;
  /// What the first rank to join said; others must say the same.
  std::atomic<uint32_t> ranks;
  /// Which ranks have joined.
  std::atomic<uint8_t> isTaken[SharedGroup::maxRanks];
};

static constexpr uint64_t headerBytes = 4096;

void Patience::wait() {
  if (++turns < 1000) {
    sched_yield();
    return;
  }
  timespec pause = {0, 100000};
  nanosleep(&pause, nullptr);
}

static Status systemError(const std::string &what) {
  return Status::error(what + ": " + std::strerror(errno));
}

StatusOr<std::unique_ptr<SharedGroup>>
SharedGroup::join(const std::string &name, unsigned ranks, unsigned rank) {
  int file = shm_open(("/" + name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    return systemError("cannot open shared memory '" + name + "'");
  // Mailboxes that nobody uses take no memory.
  uint64_t bytes =
      headerBytes + ranks * chunkBytes + uint64_t(ranks) * ranks * sizeof(Mail);
  void *memory = MAP_FAILED;
  if (ftruncate(file, bytes) == 0)
    memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED)
    return systemError("cannot map shared memory '" + name + "'");
  std::unique_ptr<SharedGroup> group(
      new SharedGroup(memory, bytes, ranks, rank));
  Header &header = group->header();
  // A group that does not form keeps its name: who comes late finds it aborted,
  // where it would wait for ever in a fresh one.
  uint32_t nobody = 0;
  if (!header.ranks.compare_exchange_strong(nobody, ranks) && nobody != ranks) {
    group->abort();
    return Status::error("rank " + std::to_string(rank) + " joins a group of " +
                         std::to_string(ranks) + ", another one of " +
                         std::to_string(nobody));
  }
  if (header.isTaken[rank].exchange(1)) {
    group->abort();
    return Status::error("rank " + std::to_string(rank) + " joins twice");
  }
  ++header.joined;
  for (Patience patience; header.joined < ranks;) {
    if (group->isAborted())
      return Status::error("another rank could not join");
    patience.wait();
  }
  // All have it mapped.
  shm_unlink(("/" + name).c_str());
  return group;
}

SharedGroup::~SharedGroup() { munmap(memory, bytes); }

SharedGroup::Header &SharedGroup::header() const {
  static_assert(sizeof(Header) <= headerBytes);
  return *reinterpret_cast<Header *>(memory);
}

uint8_t *SharedGroup::chunkOf(unsigned rank) const {
  return memory + headerBytes + rank * chunkBytes;
}

SharedGroup::Mail &SharedGroup::mail(unsigned from, unsigned to) const {
  auto *first = reinterpret_cast<Mail *>(chunkOf(ranks));
  return first[from * ranks + to];
}

bool SharedGroup::meet() {
  Header &header = this->header();
  uint32_t generation = header.generation;
  if (++header.arrived == ranks) {
    header.arrived = 0;
    ++header.generation;
    return !header.isAborted;
  }
  for (Patience patience; header.generation == generation;) {
    if (header.isAborted)
      return false;
    patience.wait();
  }
  return true;
}

void SharedGroup::abort() { header().isAborted = 1; }

bool SharedGroup::isAborted() const { return header().isAborted; }
