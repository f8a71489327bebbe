//===- SliceOperator.cpp - Slice ------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/SliceOperator.h"
#include "lib/Import/ONNX/KnownElements.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

namespace {

// Beyond every size: exporters write the ends of int64 for "all of it".
constexpr int64_t infinity = int64_t(1) << 62;

/// One dimension of a slice: `count` elements from `offset` on.
struct Range {
  SizeExpr offset, count;
  int64_t stride = 1;
};

} // namespace

/// The elements of input `i`; what is beyond every size is an infinity.
static std::optional<std::vector<SizeExpr>> getBounds(Node &node, unsigned i) {
  Tensor *tensor = node.getInput(i);
  if (!tensor->constant || !isa<IntegerType>(tensor->elementType) ||
      tensor->constant.getNumElements() > mostElements)
    return node.getSizes(i);
  std::vector<SizeExpr> bounds;
  for (APInt value : tensor->constant.getValues<APInt>())
    bounds.push_back(std::clamp(value.getSExtValue(), -infinity, infinity));
  return bounds;
}

/// `bound` counted from the front of a dimension, between `low` and `high`;
/// nothing when its sign depends on symbols.
static std::optional<SizeExpr> clampBound(const SizeReasoner &reasoner,
                                          SizeExpr bound, const SizeExpr &size,
                                          const SizeExpr &low,
                                          const SizeExpr &high) {
  if (std::optional<int64_t> constant = bound.asConstant()) {
    if (*constant <= -infinity)
      return low;
    if (*constant >= infinity)
      return high;
  }
  if (reasoner.isLess(bound, 0))
    bound = bound + size;
  else if (!reasoner.isAtMost(0, bound))
    return std::nullopt;
  return reasoner.minOf(reasoner.maxOf(bound, low), high);
}

static std::optional<Range> getRange(Node &node, const SizeExpr &start,
                                     const SizeExpr &end, int64_t stride,
                                     const SizeExpr &size) {
  const SizeReasoner &reasoner = node.emit.reasoner;
  bool isForward = stride > 0;
  SizeExpr low = isForward ? 0 : -1;
  SizeExpr high = isForward ? size : size - SizeExpr(1);
  std::optional<SizeExpr> first = clampBound(
      reasoner, start, size, 0, isForward ? size : size - SizeExpr(1));
  std::optional<SizeExpr> last = clampBound(reasoner, end, size, low, high);
  if (!first || !last) {
    node.emit.unsupported("the slice from " + start.str() + " to " + end.str() +
                          " may count from either end");
    return std::nullopt;
  }
  SizeExpr length = isForward ? *last - *first : *first - *last;
  SizeExpr count =
      ceilDiv(reasoner.maxOf(length, 0), SizeExpr(std::abs(stride)));
  return Range{*first, count, stride};
}

/// Slices elements that are known.
static Tensor *sliceElements(Emitter &emit, Tensor *input,
                             llvm::ArrayRef<Range> ranges) {
  std::optional<SmallVector<int64_t>> shape = input->getStaticShape();
  if (!input->elements || !shape)
    return nullptr;
  SmallVector<int64_t> counts;
  for (const Range &range : ranges) {
    if (!range.offset.asConstant() || !range.count.asConstant())
      return nullptr;
    counts.push_back(*range.count.asConstant());
  }
  return rearrange(emit, input, counts, [&](llvm::ArrayRef<int64_t> index) {
    int64_t place = 0;
    for (size_t d = 0; d != shape->size(); ++d)
      place = place * (*shape)[d] + *ranges[d].offset.asConstant() +
              index[d] * ranges[d].stride;
    return place;
  });
}

Tensor *weft::onnx::importSlice(Node &node) {
  Tensor *input = node.getInput(0);
  auto starts = getBounds(node, 1);
  auto ends = starts ? getBounds(node, 2) : std::nullopt;
  if (!ends)
    return nullptr;
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(0, starts->size()));
  SmallVector<int64_t> strides(starts->size(), 1);
  for (auto [i, list] : {std::pair(3u, &axes), std::pair(4u, &strides)})
    if (node.hasInput(i)) {
      auto given = node.getIntegers(i);
      if (!given)
        return nullptr;
      *list = *given;
    }
  if (ends->size() != starts->size() || axes.size() != starts->size() ||
      strides.size() != starts->size())
    return node.emit.invalid(
        "starts, ends, axes and steps have " + llvm::Twine(starts->size()) +
        ", " + llvm::Twine(ends->size()) + ", " + llvm::Twine(axes.size()) +
        " and " + llvm::Twine(strides.size()) + " elements");

  SmallVector<Range> ranges;
  for (const SizeExpr &size : input->sizes)
    ranges.push_back({SizeExpr(), size});
  if (!node.normalizeAxes(axes, input->getRank()))
    return nullptr;
  for (size_t i = 0; i != axes.size(); ++i) {
    if (strides[i] == 0 || strides[i] == INT64_MIN)
      return node.emit.invalid("a step is 0 or out of range");
    int64_t axis = *node.normalizeAxis(axes[i], input->getRank());
    auto range = getRange(node, (*starts)[i], (*ends)[i], strides[i],
                          input->sizes[axis]);
    if (!range)
      return nullptr;
    ranges[axis] = *range;
  }
  if (Tensor *known = sliceElements(node.emit, input, ranges))
    return known;
  Sizes offsets, sizes;
  SmallVector<int64_t> steps;
  for (const Range &range : ranges) {
    offsets.push_back(range.offset);
    sizes.push_back(range.count);
    steps.push_back(range.stride);
  }
  return node.emit.slice(input, offsets, sizes, steps);
}
