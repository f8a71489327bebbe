//===- ElementIndices.cpp - Arithmetic on the indices of lanes ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/ElementEmitter.h"

using namespace mlir;

namespace weft {

Value ElementEmitter::asNumber(LaneIndex index) {
  if (index.kind != LaneIndex::Consecutive)
    return index.value;
  return code.add(code.broadcast(index.value), code.laneNumbers());
}

LaneIndex ElementEmitter::add(LaneIndex lhs, LaneIndex rhs) {
  if (lhs.isUniform())
    std::swap(lhs, rhs);
  if (rhs.isUniform() && lhs.kind != LaneIndex::Vector)
    return {lhs.kind, code.add(lhs.value, rhs.value)};
  if (rhs.isUniform() && code.asConstant(rhs.value) == 0)
    return lhs;
  return LaneIndex::vector(code.add(asNumber(lhs), asNumber(rhs)));
}

LaneIndex ElementEmitter::scale(LaneIndex index, Value factor) {
  if (code.asConstant(factor) == 1)
    return index;
  if (index.isUniform())
    return LaneIndex::uniform(code.mul(index.value, factor));
  return LaneIndex::vector(code.mul(asNumber(index), factor));
}

void ElementEmitter::recordLinear(ArrayRef<LaneIndex> index,
                                  ArrayRef<SizeExpr> sizes, LaneIndex linear) {
  linears.push_back({LaneIndices(index), Sizes(sizes), linear});
}

LaneIndex ElementEmitter::linearize(ArrayRef<LaneIndex> index,
                                    ArrayRef<SizeExpr> sizes) {
  LaneIndex position = LaneIndex::uniform(code.constant(0));
  SizeExpr stride = 1;
  for (size_t end = index.size(); end > 0;) {
    // The longest recorded group that ends here saves a division and its
    // undoing.
    const KnownLinear *group = nullptr;
    for (const KnownLinear &known : linears) {
      size_t count = known.index.size();
      if (count <= end && count > 1 &&
          (!group || count > group->index.size()) &&
          index.slice(end - count, count) == ArrayRef(known.index) &&
          sizes.slice(end - count, count) == ArrayRef(known.sizes))
        group = &known;
    }
    size_t count = group ? group->index.size() : 1;
    LaneIndex term = group ? group->linear : index[end - 1];
    position = add(position, scale(term, code.size(stride)));
    for (; count > 0; --count)
      stride = stride * sizes[--end];
  }
  return position;
}

LaneIndices ElementEmitter::delinearize(LaneIndex linear,
                                        ArrayRef<SizeExpr> sizes) {
  LaneIndices index(sizes.size(), LaneIndex::uniform(code.constant(0)));
  // Dimensions of size 1 take no part.
  SmallVector<size_t> kept;
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i].asConstant() != 1)
      kept.push_back(i);
  if (kept.size() == 1) {
    index[kept[0]] = linear;
  } else if (!kept.empty()) {
    // A vector that lies within one row has one number of it.
    std::optional<int64_t> width = sizes[kept.back()].asConstant();
    bool inRow = linear.kind == LaneIndex::Consecutive && width &&
                 *width % code.lanes == 0 &&
                 code.isMultipleOf(linear.value, code.lanes);
    Value rest = inRow ? linear.value : asNumber(linear);
    auto wrap = [&](Value value) {
      return CodeBuilder::isVector(value) ? LaneIndex::vector(value)
                                          : LaneIndex::uniform(value);
    };
    for (size_t i : llvm::reverse(ArrayRef(kept).drop_front())) {
      Value size = code.size(sizes[i]);
      index[i] = wrap(code.mod(rest, size));
      rest = code.floorDiv(rest, size);
    }
    index[kept[0]] = wrap(rest);
    if (inRow)
      index[kept.back()].kind = LaneIndex::Consecutive;
    recordLinear(index, sizes, linear);
  }
  return index;
}

} // namespace weft
