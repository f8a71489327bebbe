//===- Sha256.h - Hashes of files -------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// By Nettle: OpenSSL takes 3.5 MB of memory and a few milliseconds of each
// start, for hashes of files of some kilobytes.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_SHA256_H
#define RUNTIME_BASE_SHA256_H

#include <nettle/sha2.h>

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
  Sha256Stream() { sha256_init(&context); }
  void update(std::span<const uint8_t> bytes);
  /// Ends the stream.
  Sha256 finish();

private:
  sha256_ctx context;
};

/// Lower-case hexadecimal digits, as `sha256sum` prints them.
std::string hexadecimal(std::span<const uint8_t> bytes);

} // namespace weft

#endif // RUNTIME_BASE_SHA256_H
