//===- BlockFormat.h - Quantized elements in blocks -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The block formats of GGUF files: a block is a run of elements along the last
// dimension of a tensor that share scales, and its bytes are exactly the
// file's. Layouts are those of the ggml library's public headers and of the
// GGUF documentation (github.com/ggml-org/ggml, docs/gguf.md and
// src/ggml-common.h); mxfp4 holds the elements of the OCP Microscaling Formats
// (MX) Specification v1.0, 4-bit E2M1 numbers under an E8M0 scale.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_BLOCKFORMAT_H
#define RUNTIME_BASE_BLOCKFORMAT_H

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace weft {

enum class BlockFormat : uint8_t {
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  Q2_K,
  Q3_K,
  Q4_K,
  Q5_K,
  Q6_K,
  IQ4_NL,
  MXFP4,
};

/// A row of the table of formats.
struct BlockFormatInfo {
  BlockFormat format;
  /// As in `!llm.block<q4_1>`.
  std::string_view name;
  /// The number that GGUF files give it.
  uint32_t ggufType;
  /// Elements and bytes of one block.
  int64_t elements;
  int64_t bytes;
  /// The values of the elements of one block. Zero bytes are zeros.
  void (*decode)(const uint8_t *block, float *values);
};

/// Ordered as the enumeration.
std::span<const BlockFormatInfo> blockFormats();
const BlockFormatInfo &infoOf(BlockFormat format);
/// Nothing for a name or a number that the table does not have.
std::optional<BlockFormat> blockFormatNamed(std::string_view name);
std::optional<BlockFormat> blockFormatOfGguf(uint32_t ggufType);

/// The values of `numBlocks` blocks that lie one after the other.
void decodeBlocks(BlockFormat format, const uint8_t *blocks, int64_t numBlocks,
                  float *values);

/// The number that the bits of an IEEE 754 binary16 stand for.
float halfToFloat(uint16_t bits);

} // namespace weft

#endif // RUNTIME_BASE_BLOCKFORMAT_H
