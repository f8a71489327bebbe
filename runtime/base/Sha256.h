//===- Sha256.h - Hashes of files -------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Not a library's: OpenSSL's takes 3.5 MB of memory and a few milliseconds of
// each start, for hashes of files of some kilobytes.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_SHA256_H
#define RUNTIME_BASE_SHA256_H

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace weft {

using Sha256 = std::array<uint8_t, 32>;

Sha256 sha256(std::span<const uint8_t> bytes);

/// The hash of bytes that come in parts.
class Sha256Stream {
public:
  void update(std::span<const uint8_t> bytes);
  /// Ends the stream.
  Sha256 finish();

private:
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint64_t length = 0;
  /// The last length % 64 bytes, which are not in the state yet.
  std::array<uint8_t, 64> block;
};

/// Lower-case hexadecimal digits, as `sha256sum` prints them.
std::string hexadecimal(std::span<const uint8_t> bytes);

} // namespace weft

#endif // RUNTIME_BASE_SHA256_H
