//===- ArtifactFolder.h - A folder that appears whole -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Files are written to a hidden folder beside the target, which then takes its
// place:
//
//   StatusOr<ArtifactFolder> folder = ArtifactFolder::create("model.weft");
//   ... write into folder->path() ...
//   WEFT_RETURN_IF_ERROR(folder->commit());
//
// A target that exists is replaced only when it holds an artifact. A folder
// that is not committed is removed, also on SIGINT and SIGTERM; what a killed
// process left is removed by the next `create` for that target.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PACKAGE_ARTIFACTFOLDER_H
#define LIB_PACKAGE_ARTIFACTFOLDER_H

#include "weft/Status.h"

#include <string>
#include <utility>

namespace weft {

class ArtifactFolder {
public:
  static StatusOr<ArtifactFolder> create(std::string target);
  /// The sentence that `create` would fail with for a target that may not be
  /// replaced: to find out before hours of work.
  static Status checkTarget(const std::string &target);

  ArtifactFolder(ArtifactFolder &&other) { *this = std::move(other); }
  ArtifactFolder &operator=(ArtifactFolder &&other) {
    std::swap(target, other.target);
    std::swap(temporary, other.temporary);
    std::swap(lock, other.lock);
    return *this;
  }
  ~ArtifactFolder();

  const std::string &path() const { return temporary; }

  /// Puts the folder in the target's place.
  Status commit();

private:
  ArtifactFolder() = default;

  std::string target;
  std::string temporary;
  /// Descriptor of `temporary`; its lock says that the process lives.
  int lock = -1;
};

} // namespace weft

#endif // LIB_PACKAGE_ARTIFACTFOLDER_H
