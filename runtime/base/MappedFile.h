//===- MappedFile.h - A file's bytes in memory ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_MAPPEDFILE_H
#define RUNTIME_BASE_MAPPEDFILE_H

#include "weft/Status.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weft {

/// A regular file, mapped for reading. Bytes start on a page.
class MappedFile {
public:
  MappedFile() = default;
  MappedFile(MappedFile &&other) noexcept { *this = std::move(other); }
  MappedFile &operator=(MappedFile &&other) noexcept;
  ~MappedFile();

  /// Fails on anything but a regular file that can be read.
  static StatusOr<MappedFile> open(const std::string &path);
  /// Maps `folder`/`path`, where `path` is hostile: it may not leave the
  /// folder, neither by its text nor through a symbolic link. A link may lead
  /// into `linkedFolder`, where there is one.
  static StatusOr<MappedFile>
  openInside(const std::string &folder, std::string_view path,
             const std::optional<std::string> &linkedFolder = std::nullopt);

  std::span<const uint8_t> bytes() const { return {data, size}; }
  /// Lets go of the memory that what was read takes; reading again brings it
  /// back.
  void forgetPages() const;
  /// The file's path, links resolved when it was opened by `openInside`.
  const std::string &path() const { return filePath; }

private:
  const uint8_t *data = nullptr;
  size_t size = 0;
  std::string filePath;
};

/// True for a relative path of plain parts: not empty, no '.', '..' or empty
/// part, no backslash and no control character.
bool isPlainRelativePath(std::string_view path);

} // namespace weft

#endif // RUNTIME_BASE_MAPPEDFILE_H
