//===- PagedCache.cpp - Where tokens lie in a paged cache -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/PagedCache.h"

#include "dialects/LLM/IR/LLM.h"

#include "llvm/ADT/APFloat.h"

#include <cmath>

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

LogicalResult verifyPool(Operation *op, StringRef name, Type pool,
                         unsigned dimension) {
  auto type = cast<RankedTensorType>(pool);
  auto block = dyn_cast<BlockType>(type.getElementType());
  if (!block)
    return success();
  if (block.getFormat() != BlockFormat::Q8_0 || block.isInterleaved())
    return op->emitOpError("element type ")
           << block << " of " << name
           << " is neither a float nor !llm.block<q8_0>";
  int64_t elements = block.getInfo().elements;
  for (unsigned i : {dimension, 5 - dimension})
    if (i < type.getRank() && type.getDimSize(i) % elements != 0)
      return op->emitOpError("dimension ")
             << i << " of " << name << " is " << type.getDimSize(i)
             << " but q8_0 needs a multiple of " << elements;
  return success();
}

/// Elements of q8_0 that share a scale.
static constexpr int64_t scaled = 32;

int64_t CachePool::byteOf(CacheSlot slot, int64_t head, int64_t i) const {
  int64_t bytes = size * places + size / scaled * places * 2;
  return matrix(slot, head) * bytes + inMatrix(slot, i);
}

int64_t CachePool::scaleOf(CacheSlot slot, int64_t head, int64_t i) const {
  int64_t bytes = size * places + size / scaled * places * 2;
  return matrix(slot, head) * bytes + size * places +
         2 * (i / scaled * places + slot.place);
}

double CachePool::read(const HostTensor &pool, CacheSlot slot, int64_t head,
                       int64_t i) const {
  if (!pool.isBlock())
    return pool
        .floats()[matrix(slot, head) * size * places + inMatrix(slot, i)];
  ArrayRef<uint8_t> bytes = pool.bytes();
  int64_t scale = scaleOf(slot, head, i);
  return double(halfToFloat(
             static_cast<uint16_t>(bytes[scale] | bytes[scale + 1] << 8))) *
         static_cast<int8_t>(bytes[byteOf(slot, head, i)]);
}

void CachePool::write(HostTensor &pool, CacheSlot slot, int64_t head,
                      ArrayRef<double> row) const {
  if (!pool.isBlock()) {
    HostTensor rounded(pool.getElementType(), {size});
    llvm::copy(row, rounded.floats().begin());
    rounded.roundToElementType();
    for (int64_t i = 0; i < size; ++i)
      pool.floats()[matrix(slot, head) * size * places + inMatrix(slot, i)] =
          rounded.floats()[i];
    return;
  }
  MutableArrayRef<uint8_t> bytes = pool.bytes();
  for (int64_t first = 0; first < size; first += scaled) {
    float greatest = 0;
    for (double x : row.slice(first, scaled))
      if (!std::isnan(greatest) && !(std::fabs(float(x)) <= greatest))
        greatest = std::fabs(float(x));
    float step = greatest / 127.0F;
    for (int64_t i = first; i < first + scaled; ++i) {
      // What is not finite shows in the scale.
      float x = step == 0 ? 0 : std::nearbyint(float(row[i]) / step);
      bytes[byteOf(slot, head, i)] =
          static_cast<uint8_t>(std::isfinite(x) ? static_cast<int>(x) : 0);
    }
    llvm::APFloat half(step);
    bool losesInfo;
    half.convert(llvm::APFloat::IEEEhalf(), llvm::APFloat::rmNearestTiesToEven,
                 &losesInfo);
    uint64_t bits = half.bitcastToAPInt().getZExtValue();
    int64_t scale = scaleOf(slot, head, first);
    bytes[scale] = static_cast<uint8_t>(bits);
    bytes[scale + 1] = static_cast<uint8_t>(bits >> 8);
  }
}

std::optional<int64_t> PagedTokens::sequenceOf(const HostTensor &start,
                                               int64_t token) {
  ArrayRef<int64_t> starts = start.integers();
  for (size_t sequence = 0; sequence + 1 < starts.size(); ++sequence)
    if (starts[sequence] <= token && token < starts[sequence + 1])
      return sequence;
  return std::nullopt;
}

FailureOr<CacheSlot> PagedTokens::slotOf(int64_t sequence,
                                         int64_t position) const {
  int64_t columns = table.getShape()[1];
  if (failed(check.index("position", position, positions.getElementType(), 0,
                         columns * blockSize)))
    return failure();
  int64_t block = table.integers()[sequence * columns + position / blockSize];
  if (failed(check.index("block", block, table.getElementType(), 0, numBlocks)))
    return failure();
  return CacheSlot{block, position % blockSize};
}

} // namespace weft
