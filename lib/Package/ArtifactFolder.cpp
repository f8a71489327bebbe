//===- ArtifactFolder.cpp - A folder that appears whole or not at all -----===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Package/ArtifactFolder.h"

#include "lib/Package/SignalCleanup.h"
#include "weft/artifact.pb.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace weft;
using llvm::StringRef;

static Status cannot(const std::string &what) {
  return Status::error("cannot " + what + ": " + std::strerror(errno));
}

static bool holdsArtifact(const std::string &folder) {
  auto manifest = llvm::MemoryBuffer::getFile(folder + "/manifest.pb");
  artifact::Manifest proto;
  return manifest && llvm::sys::fs::exists(folder + "/manifest.sha256") &&
         proto.ParseFromArray((*manifest)->getBufferStart(),
                              (*manifest)->getBufferSize()) &&
         proto.format_version() > 0 && !proto.tool_version().empty();
}

Status ArtifactFolder::checkTarget(const std::string &target) {
  if (target.empty())
    return Status::error("the output has no name; give one with -o DIR.weft");
  struct stat info;
  if (lstat(target.c_str(), &info) != 0)
    return errno == ENOENT ? Status::ok() : cannot("use '" + target + "'");
  if (S_ISDIR(info.st_mode) && holdsArtifact(target))
    return Status::ok();
  return Status::error("'" + target +
                       "' exists and is not an artifact of llm-compile; remove "
                       "it or choose another name with -o");
}

/// ".model.weft.tmp." beside the target; a number follows.
static std::string temporaryPrefix(const std::string &target) {
  llvm::SmallString<128> prefix = llvm::sys::path::parent_path(target);
  llvm::sys::path::append(prefix,
                          "." + llvm::sys::path::filename(target) + ".tmp.");
  return std::string(prefix);
}

/// Takes the lock of a folder; -1 when another process holds it.
static int lockFolder(const std::string &path) {
  int descriptor =
      open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    close(descriptor);
    return -1;
  }
  return descriptor;
}

static void removeLeftovers(const std::string &prefix) {
  StringRef parent = llvm::sys::path::parent_path(prefix);
  std::string folder = parent.empty() ? "." : parent.str();
  StringRef name = llvm::sys::path::filename(prefix);
  std::error_code error;
  for (llvm::sys::fs::directory_iterator entry(folder, error), end;
       entry != end && !error; entry.increment(error)) {
    StringRef found = llvm::sys::path::filename(entry->path());
    if (!found.consume_front(name) || found.empty() ||
        found.find_first_not_of("0123456789") != StringRef::npos)
      continue;
    int lock = lockFolder(entry->path());
    if (lock < 0)
      continue;
    llvm::sys::fs::remove_directories(entry->path());
    close(lock);
  }
}

StatusOr<ArtifactFolder> ArtifactFolder::create(std::string target) {
  while (target.size() > 1 && target.back() == '/')
    target.pop_back();
  WEFT_RETURN_IF_ERROR(checkTarget(target));
  std::string prefix = temporaryPrefix(target);
  removeLeftovers(prefix);
  ArtifactFolder folder;
  std::string path = prefix + std::to_string(getpid());
  if (mkdir(path.c_str(), 0777) != 0)
    return cannot("create folder '" + path + "'");
  folder.target = target;
  folder.temporary = path;
  SignalCleanup::watch(path);
  folder.lock = lockFolder(path);
  return folder;
}

ArtifactFolder::~ArtifactFolder() {
  if (!temporary.empty()) {
    llvm::sys::fs::remove_directories(temporary);
    SignalCleanup::unwatch();
  }
  if (lock >= 0)
    close(lock);
}

Status ArtifactFolder::commit() {
  // Again: the target may have come since.
  WEFT_RETURN_IF_ERROR(checkTarget(target));
  unsigned flags =
      llvm::sys::fs::exists(target) ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  if (renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, target.c_str(), flags) !=
      0)
    return cannot("rename '" + temporary + "' to '" + target + "'");
  // After an exchange this is the old artifact.
  llvm::sys::fs::remove_directories(temporary);
  temporary.clear();
  SignalCleanup::unwatch();
  return Status::ok();
}
