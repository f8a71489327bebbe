//===- AtomicFile.cpp - Files that appear whole or not at all -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/AtomicFile.h"
#include "runtime/base/Text.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

using namespace weft;

static bool writeAll(int descriptor, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return true;
}

namespace {
/// Holds back SIGINT and SIGTERM, which would leave half a file.
class SignalsHeld {
public:
  SignalsHeld() {
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &held, &previous);
  }
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &previous, nullptr); }

private:
  sigset_t previous;
};
} // namespace

Status weft::writeAtomically(
    const std::string &path,
    std::initializer_list<std::span<const uint8_t>> parts) {
  auto cannot = [&] {
    return Status::error("cannot write '" + printable(path) +
                         "': " + std::strerror(errno));
  };
  SignalsHeld held;
  // Always the same name, so that the next run removes what a kill left; O_EXCL
  // so that a link put there is not followed.
  std::string temporary = path + ".partial";
  unlink(temporary.c_str());
  int descriptor = open(temporary.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return cannot();
  bool written = true;
  for (std::span<const uint8_t> part : parts)
    written = written && writeAll(descriptor, part);
  written = (close(descriptor) == 0) && written;
  if (written && rename(temporary.c_str(), path.c_str()) == 0)
    return Status::ok();
  Status failure = cannot();
  unlink(temporary.c_str());
  return failure;
}
