//===- BlockLayout.cpp - Interleaved rows of blocks -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/BlockLayout.h"

#include "llvm/Support/ErrorHandling.h"
#include <cstring>

namespace weft {

// Scales first. Units are 2 for f16, 1 for scales in bytes, 4 for quants.
llvm::ArrayRef<BlockPlane> planesOf(BlockFormat format) {
  static constexpr BlockPlane q4_0[] = {{0, 2, 2}, {2, 16, 4}};
  static constexpr BlockPlane q4_1[] = {{0, 4, 2}, {4, 16, 4}};
  static constexpr BlockPlane q5_0[] = {{0, 2, 2}, {2, 4, 4}, {6, 16, 4}};
  static constexpr BlockPlane q5_1[] = {{0, 4, 2}, {4, 4, 4}, {8, 16, 4}};
  static constexpr BlockPlane q8_0[] = {{0, 2, 2}, {2, 32, 4}};
  static constexpr BlockPlane q2_k[] = {{80, 4, 2}, {0, 16, 1}, {16, 64, 4}};
  static constexpr BlockPlane q3_k[] = {
      {108, 2, 2}, {96, 12, 1}, {0, 32, 4}, {32, 64, 4}};
  static constexpr BlockPlane q4_k[] = {{0, 4, 2}, {4, 12, 1}, {16, 128, 4}};
  static constexpr BlockPlane q5_k[] = {
      {0, 4, 2}, {4, 12, 1}, {16, 32, 4}, {48, 128, 4}};
  static constexpr BlockPlane q6_k[] = {
      {208, 2, 2}, {192, 16, 1}, {128, 64, 4}, {0, 128, 4}};
  static constexpr BlockPlane mxfp4[] = {{0, 1, 1}, {1, 16, 4}};
  switch (format) {
  case BlockFormat::Q4_0:
  case BlockFormat::IQ4_NL:
    return q4_0;
  case BlockFormat::Q4_1:
    return q4_1;
  case BlockFormat::Q5_0:
    return q5_0;
  case BlockFormat::Q5_1:
    return q5_1;
  case BlockFormat::Q8_0:
    return q8_0;
  case BlockFormat::Q2_K:
    return q2_k;
  case BlockFormat::Q3_K:
    return q3_k;
  case BlockFormat::Q4_K:
    return q4_k;
  case BlockFormat::Q5_K:
    return q5_k;
  case BlockFormat::Q6_K:
    return q6_k;
  case BlockFormat::MXFP4:
    return mxfp4;
  }
  llvm_unreachable("every format has planes");
}

void readPackedBlock(BlockFormat format, int64_t rowsInterleaved,
                     const uint8_t *packed, int64_t blocks, int64_t row,
                     int64_t block, uint8_t *bytes) {
  const uint8_t *plane = packed + row / rowsInterleaved * rowsInterleaved *
                                      blocks * infoOf(format).bytes;
  int64_t lane = row % rowsInterleaved;
  for (const BlockPlane &part : planesOf(format)) {
    const uint8_t *from = plane + block * rowsInterleaved * part.bytes;
    for (int64_t i = 0; i < part.bytes; i += part.unit)
      std::memcpy(bytes + part.offset + i,
                  from + i * rowsInterleaved + lane * part.unit, part.unit);
    plane += rowsInterleaved * blocks * part.bytes;
  }
}

} // namespace weft
