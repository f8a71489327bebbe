//===- PagedCache.cpp - Where tokens lie in a paged cache -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/PagedCache.h"

using namespace mlir;

namespace weft {

LogicalResult checkTable(const ShapeCheck &check, unsigned positions,
                         unsigned start, unsigned table) {
  if (failed(check.rank("positions", positions, 1)) ||
      failed(check.rank("sequence_start", start, 1)) ||
      failed(check.rank("block_table", table, 2)))
    return failure();
  int64_t starts = check.shape(start)[0], rows = check.shape(table)[0];
  if (ShapedType::isDynamic(starts) || ShapedType::isDynamic(rows))
    return success();
  return check.require(starts == rows + 1,
                       "sequence_start has " + Twine(starts) +
                           " elements but needs one more than the " +
                           Twine(rows) + " rows of block_table");
}

std::optional<int64_t> PagedTokens::sequenceOf(int64_t token) const {
  ArrayRef<int64_t> starts = start.integers();
  for (size_t sequence = 0; sequence + 1 < starts.size(); ++sequence)
    if (starts[sequence] <= token && token < starts[sequence + 1])
      return sequence;
  return std::nullopt;
}

FailureOr<PagedTokens::Slot> PagedTokens::slotOf(int64_t sequence,
                                                 int64_t position) const {
  int64_t columns = table.getShape()[1];
  if (failed(check.index("position", position, positions.getElementType(), 0,
                         columns * blockSize)))
    return failure();
  int64_t block = table.integers()[sequence * columns + position / blockSize];
  if (failed(check.index("block", block, table.getElementType(), 0, numBlocks)))
    return failure();
  return Slot{block, position % blockSize};
}

} // namespace weft
