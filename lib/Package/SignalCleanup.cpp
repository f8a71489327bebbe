//===- SignalCleanup.cpp - Remove half an artifact on a signal ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Package/SignalCleanup.h"

#include <atomic>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace weft;

static constexpr size_t maximumPath = 4096;
static char watchedPath[maximumPath];
static std::atomic<bool> isWatching = false;

/// As the kernel writes it (man getdents64).
struct DirectoryEntry {
  uint64_t inode;
  int64_t next;
  uint16_t length;
  uint8_t type;
  char name[];
};

/// Removes what is in the folder, then the folder `name` of `parent`. Only
/// system calls: a signal handler may allocate nothing.
static void removeFolder(int parent, const char *name, int depth) {
  int folder =
      openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0)
    return;
  alignas(DirectoryEntry) char entries[4096];
  long count;
  while ((count = syscall(SYS_getdents64, folder, entries, sizeof(entries))) >
         0)
    for (long at = 0; at < count;) {
      auto *entry = reinterpret_cast<DirectoryEntry *>(entries + at);
      at += entry->length;
      if (!std::strcmp(entry->name, ".") || !std::strcmp(entry->name, ".."))
        continue;
      if (unlinkat(folder, entry->name, 0) != 0 && depth > 0)
        removeFolder(folder, entry->name, depth - 1);
    }
  close(folder);
  unlinkat(parent, name, AT_REMOVEDIR);
}

static void handleSignal(int signal) {
  if (isWatching.exchange(false))
    removeFolder(AT_FDCWD, watchedPath, /*depth=*/1);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void SignalCleanup::watch(const std::string &folder) {
  if (folder.size() >= maximumPath)
    return;
  std::memcpy(watchedPath, folder.c_str(), folder.size() + 1);
  isWatching = true;
  std::signal(SIGINT, handleSignal);
  std::signal(SIGTERM, handleSignal);
}

void SignalCleanup::unwatch() {
  isWatching = false;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}
