//===- ObjectCache.h - Compiled kernels on disk -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_JIT_OBJECTCACHE_H
#define RUNTIME_CUSIM_JIT_OBJECTCACHE_H

#include "runtime/base/Sha256.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weft::cusim {

/// A folder with one file for each kernel. A file that is damaged or was
/// written for something else is as good as none; a folder that cannot be
/// written to costs speed, not results.
class ObjectCache {
public:
  /// An empty folder name: keeps nothing.
  explicit ObjectCache(std::string folder) : folder(std::move(folder)) {}

  std::optional<std::vector<uint8_t>> load(const Sha256 &key) const;
  void store(const Sha256 &key, std::span<const uint8_t> object) const;

private:
  std::string folder;
  std::string pathOf(const Sha256 &key) const;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_JIT_OBJECTCACHE_H
