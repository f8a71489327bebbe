//===- OpenModelFile.cpp - A file of a model's folder ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/HuggingFace/OpenModelFile.h"

#include <filesystem>
#include <optional>

namespace fs = std::filesystem;

static std::optional<std::string> findBlobs(const std::string &folder) {
  std::error_code error;
  fs::path snapshots = fs::canonical(folder, error).parent_path();
  if (error || snapshots.filename() != "snapshots")
    return std::nullopt;
  fs::path blobs = snapshots.parent_path() / "blobs";
  if (!fs::is_directory(blobs, error))
    return std::nullopt;
  return blobs.string();
}

weft::StatusOr<weft::MappedFile> weft::openModelFile(const std::string &folder,
                                                     std::string_view name) {
  return MappedFile::openInside(folder, name, findBlobs(folder));
}
