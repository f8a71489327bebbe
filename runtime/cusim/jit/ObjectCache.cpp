//===- ObjectCache.cpp - Compiled kernels on disk -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/jit/ObjectCache.h"

#include "runtime/base/AtomicFile.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace weft::cusim {
namespace {

/// Before the object's bytes. The hash of a file's own key is in it, so that a
/// renamed file is found out.
struct Header {
  std::array<char, 8> magic;
  Sha256 key;
  Sha256 contents;
  uint64_t bytes;
};
constexpr std::array<char, 8> Magic = {'c', 'u', 's', 'i', 'm', 'o', '1', '\n'};

} // namespace

std::string ObjectCache::pathOf(const Sha256 &key) const {
  return folder + "/" + hexadecimal(key) + ".o";
}

std::optional<std::vector<uint8_t>> ObjectCache::load(const Sha256 &key) const {
  if (folder.empty())
    return std::nullopt;
  std::ifstream file(pathOf(key), std::ios::binary);
  Header header;
  if (!file.read(reinterpret_cast<char *>(&header), sizeof(header)) ||
      header.magic != Magic || header.key != key)
    return std::nullopt;
  std::error_code error;
  uint64_t size = std::filesystem::file_size(pathOf(key), error);
  if (error || size != sizeof(header) + header.bytes)
    return std::nullopt;
  std::vector<uint8_t> object(header.bytes);
  if (!file.read(reinterpret_cast<char *>(object.data()), object.size()) ||
      sha256(object) != header.contents)
    return std::nullopt;
  return object;
}

void ObjectCache::store(const Sha256 &key,
                        std::span<const uint8_t> object) const {
  if (folder.empty())
    return;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  Header header{Magic, key, sha256(object), object.size()};
  // A cache that cannot be written is only slow.
  (void)writeAtomically(
      pathOf(key),
      {{reinterpret_cast<const uint8_t *>(&header), sizeof(header)}, object});
}

} // namespace weft::cusim
