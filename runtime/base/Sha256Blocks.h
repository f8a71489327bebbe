//===- Sha256Blocks.h - The inner function of SHA-256 -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_SHA256BLOCKS_H
#define RUNTIME_BASE_SHA256BLOCKS_H

#include <cstddef>
#include <cstdint>

namespace weft {

/// Adds `count` blocks of 64 bytes to the state a to h (FIPS 180-4, section
/// 6.2.2), on any processor.
void addSha256Blocks(uint32_t state[8], const uint8_t *bytes, size_t count);

/// The same by the processor's SHA instructions, where it has them.
bool hasSha256Instructions();
void addSha256BlocksByInstructions(uint32_t state[8], const uint8_t *bytes,
                                   size_t count);

} // namespace weft

#endif // RUNTIME_BASE_SHA256BLOCKS_H
