//===- BlockLayout.h - Interleaved rows of blocks ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where each byte of a block lies in `!llm.block<format, rows>`. A panel holds
// `rows` rows of the matrix; in it, each plane of the format follows the one
// before, [blocks of a row][bytes / unit][rows][unit]. So one load reads the
// same bytes of all rows: for quants, four bytes of a row in each lane of 32
// bits, as instructions of integer dot products take them; for scales, one
// scale of each row. Bytes are moved, never changed: the packed matrix holds
// the same numbers in the same space.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_BLOCKLAYOUT_H
#define DIALECTS_LLM_IR_BLOCKLAYOUT_H

#include "runtime/base/BlockFormat.h"

#include "llvm/ADT/ArrayRef.h"

namespace weft {

/// Bytes [offset, offset + bytes) of a block, in units that stay together.
struct BlockPlane {
  int64_t offset, bytes, unit;
};

/// All bytes of a block, in the order of a panel's planes.
llvm::ArrayRef<BlockPlane> planesOf(BlockFormat format);

/// Copies one block of a row from a packed matrix. `blocks` is how many a row
/// has.
void readPackedBlock(BlockFormat format, int64_t rowsInterleaved,
                     const uint8_t *packed, int64_t blocks, int64_t row,
                     int64_t block, uint8_t *bytes);

} // namespace weft

#endif // DIALECTS_LLM_IR_BLOCKLAYOUT_H
