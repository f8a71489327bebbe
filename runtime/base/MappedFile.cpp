//===- MappedFile.cpp - A file's bytes in memory --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/MappedFile.h"
#include "runtime/base/Text.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace weft;

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  std::swap(data, other.data);
  std::swap(size, other.size);
  std::swap(filePath, other.filePath);
  return *this;
}

MappedFile::~MappedFile() {
  if (size != 0)
    munmap(const_cast<uint8_t *>(data), size);
}

void MappedFile::forgetPages() const {
  if (size != 0)
    madvise(const_cast<uint8_t *>(data), size, MADV_DONTNEED);
}

static Status cannot(const char *action, const std::string &path) {
  return Status::error(std::string("cannot ") + action + " '" +
                       printable(path) + "': " + std::strerror(errno));
}

StatusOr<MappedFile> MappedFile::open(const std::string &path) {
  // Without O_NONBLOCK, opening a pipe would wait for its other end.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return cannot("open", path);
  struct stat info;
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(descriptor);
    return Status::error("'" + printable(path) + "' is not a regular file");
  }
  MappedFile file;
  file.filePath = path;
  if (info.st_size != 0) {
    void *mapping = mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ,
                         MAP_PRIVATE, descriptor, 0);
    if (mapping == MAP_FAILED) {
      Status failure = cannot("map", path);
      close(descriptor);
      return failure;
    }
    file.data = static_cast<const uint8_t *>(mapping);
    file.size = static_cast<size_t>(info.st_size);
  }
  close(descriptor);
  return file;
}

bool weft::isPlainRelativePath(std::string_view path) {
  if (path.empty() || path.size() > 4000)
    return false;
  for (unsigned char c : path)
    if (c < ' ' || c == 0x7f || c == '\\')
      return false;
  while (true) {
    size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..")
      return false;
    if (slash == path.npos)
      return true;
    path.remove_prefix(slash + 1);
  }
}

static StatusOr<std::string> resolve(const std::string &path) {
  char *resolved = realpath(path.c_str(), nullptr);
  if (!resolved)
    return cannot("open", path);
  std::string result = resolved;
  free(resolved);
  return result;
}

/// `target` has no links.
static StatusOr<bool> liesIn(const std::string &folder,
                             const std::string &target) {
  StatusOr<std::string> root = resolve(folder);
  if (!root)
    return root.status();
  return *root == "/" || target.starts_with(*root + "/");
}

StatusOr<MappedFile>
MappedFile::openInside(const std::string &folder, std::string_view path,
                       const std::optional<std::string> &linkedFolder) {
  if (!isPlainRelativePath(path))
    return Status::error("path '" + printable(path) +
                         "' is not a plain relative path");
  StatusOr<std::string> target = resolve(folder + "/" + std::string(path));
  if (!target)
    return target.status();
  StatusOr<bool> isInside = liesIn(folder, *target);
  if (isInside && !*isInside && linkedFolder)
    isInside = liesIn(*linkedFolder, *target);
  if (!isInside)
    return isInside.status();
  if (!*isInside)
    return Status::error("'" + printable(path) +
                         "' is a link that leaves its folder");
  return open(*target);
}
