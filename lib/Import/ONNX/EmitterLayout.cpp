//===- EmitterLayout.cpp - Layout, reductions and products ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/Emitter.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

static SizeExpr product(const Sizes &sizes) {
  SizeExpr result(1);
  for (const SizeExpr &size : sizes)
    result = result * size;
  return result;
}

Tensor *Emitter::reshape(Tensor *input, Sizes sizes) {
  if (!input || input->sizes == sizes)
    return input;
  SizeExpr before = product(input->sizes), after = product(sizes);
  if (!(before == after))
    return invalid("reshapes " + before.str() + " elements into " +
                   after.str() +
                   (before.isConstant() && after.isConstant()
                        ? ""
                        : "; export the model with one name for sizes that are "
                          "always the same (dynamic_axes or dynamic_shapes)"));
  if (Tensor *linear = reshapeLinear(input, sizes))
    return linear;
  return create<ReshapeOp>(input->elementType, sizes, input, attribute(sizes));
}

Tensor *Emitter::transpose(Tensor *input, llvm::ArrayRef<int64_t> permutation) {
  if (!input)
    return nullptr;
  Sizes sizes;
  for (int64_t dimension : permutation)
    sizes.push_back(input->sizes[dimension]);
  if (std::optional<LinearElements> linear = getLinear(input)) {
    LinearElements result = {linear->offset, {}};
    for (int64_t dimension : permutation)
      result.strides.push_back(linear->strides[dimension]);
    return ofLinear(input->elementType, sizes, result);
  }
  return create<TransposeOp>(input->elementType, sizes, input, permutation);
}

Tensor *Emitter::slice(Tensor *input, const Sizes &offsets, Sizes sizes,
                       llvm::ArrayRef<int64_t> strides) {
  if (!input)
    return nullptr;
  if (input->sizes == sizes &&
      llvm::all_of(strides, [](int64_t stride) { return stride == 1; }))
    return input;
  for (const SizeExpr &offset : offsets)
    if (!offset.isValid())
      return invalid("an offset does not fit 64 bits");
  if (std::optional<LinearElements> linear = getLinear(input)) {
    for (size_t d = 0; d != sizes.size(); ++d) {
      linear->offset = linear->offset + linear->strides[d] * offsets[d];
      linear->strides[d] = linear->strides[d] * SizeExpr(strides[d]);
    }
    return ofLinear(input->elementType, sizes, *linear);
  }
  return create<SliceOp>(input->elementType, sizes, input, attribute(offsets),
                         attribute(sizes), strides);
}

Tensor *Emitter::sliceOne(Tensor *input, int64_t axis, SizeExpr offset,
                          SizeExpr size) {
  if (!input)
    return nullptr;
  std::optional<int64_t> column = offset.asConstant();
  if (!input->columns.empty() && axis + 1 == input->getRank() && column &&
      size.asConstant() == 1) {
    Sizes sizes = input->sizes;
    sizes[axis] = 1;
    return ofLinear(input->elementType, sizes, input->columns[*column]);
  }
  Sizes offsets(input->sizes.size()), sizes = input->sizes;
  offsets[axis] = std::move(offset);
  sizes[axis] = std::move(size);
  SmallVector<int64_t> strides(sizes.size(), 1);
  return slice(input, offsets, std::move(sizes), strides);
}

Tensor *Emitter::concat(llvm::ArrayRef<Tensor *> inputs, int64_t axis) {
  if (llvm::is_contained(inputs, nullptr))
    return nullptr;
  Sizes sizes = inputs.front()->sizes;
  for (Tensor *input : inputs.drop_front()) {
    if (!checkSameTypes(inputs.front(), input))
      return nullptr;
    if (input->sizes.size() != sizes.size())
      return invalid("one operand has " + llvm::Twine(sizes.size()) +
                     " dimensions, another " +
                     llvm::Twine(input->sizes.size()));
    for (int64_t i = 0, e = sizes.size(); i != e; ++i) {
      if (i == axis) {
        sizes[i] = sizes[i] + input->sizes[i];
        continue;
      }
      std::optional<SizeExpr> both = reasoner.unify(sizes[i], input->sizes[i]);
      if (!both)
        return invalid("dimension " + llvm::Twine(i) + " has size " +
                       sizes[i].str() + " in one operand and " +
                       input->sizes[i].str() + " in another");
      sizes[i] = *both;
    }
  }
  std::vector<LinearElements> columns;
  for (Tensor *input : inputs)
    if (axis + 1 == input->getRank() && input->sizes[axis].asConstant() == 1)
      if (std::optional<LinearElements> linear = getLinear(input))
        columns.push_back(*linear);
  if (columns.size() == inputs.size())
    return ofColumns(inputs.front()->elementType, sizes, std::move(columns));
  SmallVector<Value> values;
  for (Tensor *input : inputs)
    values.push_back(getValue(input));
  return create<ConcatOp>(inputs.front()->elementType, sizes,
                          ValueRange(values), axis);
}

Tensor *Emitter::expand(Tensor *input, const Sizes &sizes) {
  if (!input)
    return nullptr;
  std::optional<Sizes> result = broadcast(input->sizes, sizes);
  if (!result || *result == input->sizes)
    return result ? input : nullptr;
  if (!getType(input->elementType, *result))
    return nullptr;
  if (std::optional<LinearElements> linear = getLinear(input))
    return ofLinear(input->elementType, *result,
                    broadcastLinear(*linear, input->sizes, *result));
  return ofNarrow(operand(Narrow{input}), input->getNarrowSizes(), *result);
}

Tensor *Emitter::gather(Tensor *input, Tensor *indices, int64_t axis) {
  if (!input || !indices)
    return nullptr;
  if (!isa<IntegerType>(indices->elementType))
    return invalid("the indices are no integers");
  if (Tensor *slice = gatherInOrder(input, indices, axis))
    return slice;
  Sizes sizes(input->sizes.begin(), input->sizes.begin() + axis);
  llvm::append_range(sizes, indices->sizes);
  sizes.append(input->sizes.begin() + axis + 1, input->sizes.end());
  return create<GatherOp>(input->elementType, sizes, input, indices, axis);
}

Tensor *Emitter::iota(Type elementType, int64_t axis, Sizes sizes) {
  LinearElements elements = {SizeExpr(), Sizes(sizes.size())};
  elements.strides[axis] = 1;
  return ofLinear(elementType, std::move(sizes), std::move(elements));
}

Tensor *Emitter::reduce(Reduction kind, Tensor *input,
                        llvm::ArrayRef<int64_t> axes) {
  if (!input || axes.empty())
    return input;
  Sizes sizes = input->sizes;
  for (int64_t axis : axes)
    sizes[axis] = 1;
  return create<ReduceOp>(input->elementType, sizes, kind, input, axes);
}

Tensor *Emitter::softmax(Tensor *input, int64_t axis) {
  if (!input)
    return nullptr;
  return create<SoftmaxOp>(input->elementType, input->sizes, input, axis);
}

Tensor *Emitter::matmul(Tensor *lhs, Tensor *rhs) {
  if (!lhs || !rhs || !checkSameTypes(lhs, rhs))
    return nullptr;
  auto stack = [](Tensor *tensor) {
    return Sizes(tensor->sizes.begin(), tensor->sizes.end() - 2);
  };
  const SizeExpr &left = lhs->sizes.back();
  const SizeExpr &right = rhs->sizes[rhs->sizes.size() - 2];
  if (!reasoner.unify(left, right))
    return invalid("multiplies rows of " + left.str() + " with columns of " +
                   right.str());
  std::optional<Sizes> sizes = broadcast(stack(lhs), stack(rhs));
  if (!sizes)
    return nullptr;
  sizes->push_back(lhs->sizes[lhs->sizes.size() - 2]);
  sizes->push_back(rhs->sizes.back());
  return create<MatMulOp>(lhs->elementType, *sizes, lhs, rhs);
}

Tensor *Emitter::layerNorm(Tensor *input, Tensor *scale, Tensor *bias,
                           float epsilon) {
  if (!input || !scale || !checkSameTypes(input, scale) ||
      (bias && !checkSameTypes(input, bias)))
    return nullptr;
  return create<LayerNormOp>(input->elementType, input->sizes, input, scale,
                             bias ? getValue(bias) : Value(),
                             llvm::APFloat(epsilon));
}
