//===- AtomicFile.cpp - Files that appear whole or not at all -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/AtomicFile.h"
#include "runtime/base/Text.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/stat.h>
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

Status
weft::writeAtomically(const std::string &path,
                      std::initializer_list<std::span<const uint8_t>> parts) {
  auto cannot = [&] {
    return Status::error("cannot write '" + printable(path) +
                         "': " + std::strerror(errno));
  };
  std::string temporary = path + ".XXXXXX";
  int descriptor = mkstemp(temporary.data());
  if (descriptor < 0)
    return cannot();
  bool written = true;
  for (std::span<const uint8_t> part : parts)
    written = written && writeAll(descriptor, part);
  // mkstemp gives 0600; a file for others to read has the usual mode.
  mode_t mask = umask(0);
  umask(mask);
  written = written && fchmod(descriptor, 0666 & ~mask) == 0;
  written = (close(descriptor) == 0) && written;
  if (written && rename(temporary.c_str(), path.c_str()) == 0)
    return Status::ok();
  Status failure = cannot();
  unlink(temporary.c_str());
  return failure;
}
