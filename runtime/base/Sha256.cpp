//===- Sha256.cpp - Hashes of files ---------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Sha256.h"

using namespace weft;

void Sha256Stream::update(std::span<const uint8_t> bytes) {
  sha256_update(&context, bytes.size(), bytes.data());
}

Sha256 Sha256Stream::finish() {
  Sha256 digest;
  sha256_digest(&context, digest.size(), digest.data());
  return digest;
}

Sha256 weft::sha256(std::span<const uint8_t> bytes) {
  Sha256Stream stream;
  stream.update(bytes);
  return stream.finish();
}

std::string weft::hexadecimal(std::span<const uint8_t> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}
