//===- Indexing.cpp - Operators that pick elements by index ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/KnownElements.h"
#include "lib/Import/ONNX/Operators.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

static Tensor *evaluateGather(Node &node) {
  Tensor *input = node.getInput(0), *indices = node.getInput(1);
  std::optional<int64_t> axis = node.getInteger("axis", 0);
  // An element or elements of a list.
  if (!axis || input->getRank() != 1 || !input->elements || !indices->elements)
    return nullptr;
  int64_t size = input->elements->size();
  SmallVector<int64_t> places;
  for (const SizeExpr &index : *indices->elements) {
    std::optional<int64_t> place = index.asConstant();
    if (!place)
      return nullptr;
    if (*place < -size || *place >= size)
      return node.emit.invalid("index " + index.str() + " is none of " +
                               llvm::Twine(size) + " elements");
    places.push_back(*place < 0 ? *place + size : *place);
  }
  std::vector<SizeExpr> elements;
  for (int64_t place : places)
    elements.push_back((*input->elements)[place]);
  return node.emit.ofElements(input->elementType, *indices->getStaticShape(),
                              std::move(elements));
}

static Tensor *importGather(Node &node) {
  Tensor *input = node.getInput(0);
  std::optional<int64_t> axis = node.getAxis(input->getRank(), 0);
  if (!axis)
    return nullptr;
  return node.emit.gather(input, node.getInput(1), *axis);
}

/// Indices below zero count from the end of `size`. Elements that follow from
/// sizes tell whether there are any.
static Tensor *countFromFront(Emitter &emit, Tensor *indices,
                              const SizeExpr &size) {
  if (!indices)
    return nullptr;
  Type type = indices->elementType;
  Tensor *zero = emit.scalar(type, 0);
  Tensor *end = emit.ofElements(type, {}, {size});
  return emit.select(emit.compare(Comparison::lt, indices, zero),
                     emit.binary<AddOp>(indices, end), indices);
}

/// All dimensions of `input` in one, and its elements picked by `indices`.
static Tensor *gatherFlat(Emitter &emit, Tensor *input, Tensor *indices) {
  SizeExpr count(1);
  for (const SizeExpr &size : input->sizes)
    count = count * size;
  return emit.gather(emit.reshape(input, {count}), indices, 0);
}

/// result[i, j] = input[indices[i, j], j]: the places of the elements in row-
/// major order are computed, with a count along each other dimension.
static Tensor *importGatherElements(Node &node) {
  Emitter &emit = node.emit;
  Tensor *input = node.getInput(0), *indices = node.getInput(1);
  std::optional<int64_t> axis = node.getAxis(input->getRank(), 0);
  if (!axis)
    return nullptr;
  if (indices->getRank() != input->getRank())
    return emit.invalid("the indices have " + llvm::Twine(indices->getRank()) +
                        " dimensions, the data " +
                        llvm::Twine(input->getRank()));
  Tensor *places = countFromFront(emit, indices, input->sizes[*axis]);
  SizeExpr stride(1);
  Tensor *offsets = nullptr;
  for (int64_t d = input->getRank(); d-- != 0;) {
    Sizes sizes(input->sizes.size(), SizeExpr(1));
    sizes[d] = indices->sizes[d];
    Tensor *count =
        d == *axis ? places : emit.iota(indices->elementType, d, sizes);
    Tensor *scaled =
        stride.asConstant() == 1
            ? count
            : emit.binary<MulOp>(
                  count, emit.ofElements(indices->elementType, {}, {stride}));
    offsets = offsets ? emit.binary<AddOp>(offsets, scaled) : scaled;
    stride = stride * input->sizes[d];
  }
  return gatherFlat(emit, input, offsets);
}

/// The last dimension of the indices holds a place in the first dimensions of
/// the data, which are taken together.
static Tensor *importGatherND(Node &node) {
  Emitter &emit = node.emit;
  Tensor *input = node.getInput(0), *indices = node.getInput(1);
  std::optional<int64_t> batch = node.getInteger("batch_dims", 0);
  if (!batch)
    return nullptr;
  if (*batch != 0)
    return emit.unsupported("batch_dims " + llvm::Twine(*batch) +
                            " is not supported");
  std::optional<int64_t> depth;
  if (indices->getRank() > 0)
    depth = indices->sizes.back().asConstant();
  if (!depth || *depth < 1 || *depth > input->getRank())
    return emit.invalid("the last dimension of the indices does not fit data "
                        "with " +
                        llvm::Twine(input->getRank()) + " dimensions");
  Sizes outer(indices->sizes.begin(), indices->sizes.end() - 1);
  Tensor *places = nullptr;
  SizeExpr count(1);
  for (int64_t d = 0; d != *depth; ++d) {
    Tensor *place = emit.reshape(
        emit.sliceOne(indices, indices->getRank() - 1, d, 1), outer);
    place = countFromFront(emit, place, input->sizes[d]);
    Tensor *size = emit.ofElements(indices->elementType, {}, {input->sizes[d]});
    places = places
                 ? emit.binary<AddOp>(emit.binary<MulOp>(places, size), place)
                 : place;
    count = count * input->sizes[d];
  }
  Sizes together = {count};
  together.append(input->sizes.begin() + *depth, input->sizes.end());
  return emit.gather(emit.reshape(input, together), places, 0);
}

static Tensor *importRange(Node &node) {
  Emitter &emit = node.emit;
  Type type = node.getInput(0)->elementType;
  std::vector<SizeExpr> bounds;
  for (unsigned i = 0; i != 3; ++i) {
    if (node.getInput(i)->elementType != type ||
        node.getInput(i)->getRank() != 0)
      return emit.invalid("start, limit and delta are not three numbers of "
                          "one type");
    auto bound = node.getSizes(i);
    if (!bound)
      return nullptr;
    bounds.push_back(bound->front());
  }
  const SizeExpr &start = bounds[0], &delta = bounds[2];
  std::optional<int64_t> step = delta.asConstant();
  if (!step || *step == 0)
    return emit.unsupported("the step " + delta.str() +
                            " must be a constant that is not 0");
  SizeExpr length = *step > 0 ? bounds[1] - start : start - bounds[1];
  SizeExpr count = ceilDiv(emit.reasoner.maxOf(length, 0),
                           SizeExpr(*step > 0 ? *step : -*step));
  constexpr int64_t mostElements = 64;
  if (count.asConstant() && *count.asConstant() <= mostElements) {
    std::vector<SizeExpr> elements;
    for (int64_t i = 0; i < *count.asConstant(); ++i)
      elements.push_back(start + SizeExpr(i) * delta);
    return emit.ofElements(type, *count.asConstant(), std::move(elements));
  }
  return emit.ofLinear(type, {count}, {start, {delta}});
}

llvm::ArrayRef<Operator> weft::onnx::getIndexingOperators() {
  static const Operator operators[] = {
      {"Gather", 1, newestOpset, 2, 2, importGather, evaluateGather},
      {"GatherElements", 11, newestOpset, 2, 2, importGatherElements},
      {"GatherND", 11, newestOpset, 2, 2, importGatherND},
      {"Range", 11, newestOpset, 3, 3, importRange},
  };
  return operators;
}
