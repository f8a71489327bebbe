//===- Sha256.cpp - Hashes of files ---------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Sha256.h"

#include "runtime/base/Sha256Blocks.h"

#include <algorithm>

using namespace weft;

static void addBlocks(uint32_t state[8], const uint8_t *bytes, size_t count) {
  if (hasSha256Instructions())
    addSha256BlocksByInstructions(state, bytes, count);
  else
    addSha256Blocks(state, bytes, count);
}

void Sha256Stream::update(std::span<const uint8_t> bytes) {
  size_t waiting = length % block.size();
  length += bytes.size();
  if (waiting != 0) {
    size_t part = std::min(block.size() - waiting, bytes.size());
    std::copy_n(bytes.begin(), part, block.begin() + waiting);
    bytes = bytes.subspan(part);
    if (waiting + part != block.size())
      return;
    addBlocks(state, block.data(), 1);
  }
  size_t count = bytes.size() / block.size();
  addBlocks(state, bytes.data(), count);
  bytes = bytes.subspan(count * block.size());
  std::copy(bytes.begin(), bytes.end(), block.begin());
}

Sha256 Sha256Stream::finish() {
  // A bit of one, zeros, and the length in bits at the end of a block.
  uint64_t bits = length * 8;
  std::array<uint8_t, 72> padding = {0x80};
  size_t zeros = (block.size() + 55 - length % block.size()) % block.size();
  for (size_t i = 0; i != 8; ++i)
    padding[1 + zeros + i] = static_cast<uint8_t>(bits >> (56 - 8 * i));
  update(std::span(padding).first(1 + zeros + 8));
  Sha256 digest;
  for (size_t i = 0; i != digest.size(); ++i)
    digest[i] = static_cast<uint8_t>(state[i / 4] >> (24 - i % 4 * 8));
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
