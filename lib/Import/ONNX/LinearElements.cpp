//===- LinearElements.cpp - Tensors that count ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/Emitter.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

Tensor *Emitter::ofLinear(Type elementType, Sizes sizes,
                          LinearElements elements) {
  bool fits = elements.offset.isValid();
  for (const SizeExpr &stride : elements.strides)
    fits &= stride.isValid();
  if (!fits)
    return invalid("counts beyond 64 bits");
  if (!getType(elementType, sizes))
    return nullptr;
  Tensor tensor;
  tensor.elementType = elementType;
  tensor.sizes = std::move(sizes);
  tensor.linear = std::move(elements);
  return store(std::move(tensor));
}

std::optional<LinearElements> Emitter::getLinear(Tensor *tensor) {
  if (tensor->linear)
    return tensor->linear;
  // Numbers under a shape in which one dimension at most has a choice.
  if (!tensor->elements || tensor->elements->empty())
    return std::nullopt;
  const std::vector<SizeExpr> &elements = *tensor->elements;
  LinearElements linear = {elements.front(), Sizes(tensor->sizes.size())};
  SizeExpr step;
  for (size_t i = 1; i < elements.size(); ++i) {
    SizeExpr difference = elements[i] - elements[i - 1];
    if (i > 1 && !(difference == step))
      return std::nullopt;
    step = difference;
  }
  if (step.asConstant() == 0)
    return linear;
  for (auto [i, size] : llvm::enumerate(tensor->sizes))
    if (size.asConstant() == int64_t(elements.size()))
      linear.strides[i] = step;
    else if (size.asConstant() != 1)
      return std::nullopt;
  return linear;
}

static bool isUniform(const LinearElements &elements) {
  return llvm::all_of(elements.strides, [](const SizeExpr &stride) {
    return stride.asConstant() == 0;
  });
}

std::optional<SizeExpr> Emitter::getUniform(Tensor *tensor) {
  std::optional<LinearElements> linear = getLinear(tensor);
  return linear && isUniform(*linear) ? std::optional(linear->offset)
                                      : std::nullopt;
}

LinearElements Emitter::broadcastLinear(const LinearElements &elements,
                                        const Sizes &from, const Sizes &to) {
  LinearElements result = {elements.offset, Sizes(to.size())};
  size_t lead = to.size() - from.size();
  for (size_t d = 0; d != from.size(); ++d)
    if (from[d].asConstant() != 1)
      result.strides[lead + d] = elements.strides[d];
  return result;
}

Tensor *Emitter::combine(LinearOperation operation, Tensor *lhs, Tensor *rhs,
                         const Sizes &sizes) {
  if (operation == LinearOperation::And || operation == LinearOperation::Or) {
    // One that decides, or one that changes nothing.
    int64_t decisive = operation == LinearOperation::Or;
    for (auto [known, other] : {std::pair(lhs, rhs), std::pair(rhs, lhs)})
      if (std::optional<SizeExpr> truth = getUniform(known);
          truth && lhs->elementType.isInteger(1))
        return expand(truth->asConstant() == decisive ? known : other, sizes);
    return nullptr;
  }
  if (operation == LinearOperation::None || !lhs->elementType.isInteger(64))
    return nullptr;
  std::optional<LinearElements> left = getLinear(lhs), right = getLinear(rhs);
  if (!left || !right)
    return nullptr;
  LinearElements x = broadcastLinear(*left, lhs->sizes, sizes);
  LinearElements y = broadcastLinear(*right, rhs->sizes, sizes);
  if (operation == LinearOperation::Multiply) {
    if (!isUniform(y))
      std::swap(x, y);
    if (!isUniform(y))
      return nullptr;
    for (SizeExpr &stride : x.strides)
      stride = stride * y.offset;
    x.offset = x.offset * y.offset;
  } else {
    SizeExpr sign(operation == LinearOperation::Add ? 1 : -1);
    for (auto [stride, other] : llvm::zip(x.strides, y.strides))
      stride = stride + sign * other;
    x.offset = x.offset + sign * y.offset;
  }
  return ofLinear(lhs->elementType, sizes, std::move(x));
}

std::optional<bool> Emitter::decide(Comparison predicate, Tensor *lhs,
                                    Tensor *rhs, const Sizes &sizes) {
  std::optional<LinearElements> left = getLinear(lhs), right = getLinear(rhs);
  if (!left || !right || !lhs->elementType.isSignlessInteger())
    return std::nullopt;
  // The least and the greatest difference: each stride at one of its ends.
  LinearElements x = broadcastLinear(*left, lhs->sizes, sizes);
  LinearElements y = broadcastLinear(*right, rhs->sizes, sizes);
  SizeExpr least = x.offset - y.offset, greatest = least;
  for (size_t d = 0; d != sizes.size(); ++d) {
    SizeExpr stride = x.strides[d] - y.strides[d];
    SizeExpr reach = stride * (sizes[d] - SizeExpr(1));
    if (reasoner.isAtMost(0, stride))
      greatest = greatest + reach;
    else if (reasoner.isAtMost(stride, 0))
      least = least + reach;
    else
      return std::nullopt;
  }
  bool isBelow = reasoner.isLess(greatest, 0);
  bool isAbove = reasoner.isLess(0, least);
  bool isAtMost = reasoner.isAtMost(greatest, 0);
  bool isAtLeast = reasoner.isAtMost(0, least);
  auto choose = [](bool isTrue, bool isFalse) {
    return isTrue || isFalse ? std::optional(isTrue) : std::nullopt;
  };
  switch (predicate) {
  case Comparison::lt:
    return choose(isBelow, isAtLeast);
  case Comparison::ge:
    return choose(isAtLeast, isBelow);
  case Comparison::gt:
    return choose(isAbove, isAtMost);
  case Comparison::le:
    return choose(isAtMost, isAbove);
  case Comparison::eq:
    return choose(isAtMost && isAtLeast, isBelow || isAbove);
  case Comparison::ne:
    return choose(isBelow || isAbove, isAtMost && isAtLeast);
  }
  return std::nullopt;
}

/// Where dimensions of size 1 come and go, strides stay with theirs.
Tensor *Emitter::reshapeLinear(Tensor *input, const Sizes &sizes) {
  std::optional<LinearElements> linear = getLinear(input);
  if (!linear)
    return nullptr;
  LinearElements result = {linear->offset, Sizes(sizes.size())};
  size_t from = 0;
  auto skipOnes = [&] {
    while (from != input->sizes.size() && input->sizes[from].asConstant() == 1)
      ++from;
  };
  for (size_t to = 0; to != sizes.size(); ++to) {
    if (sizes[to].asConstant() == 1)
      continue;
    skipOnes();
    if (from == input->sizes.size() || !(input->sizes[from] == sizes[to]))
      return isUniform(*linear)
                 ? ofLinear(input->elementType, sizes, std::move(result))
                 : nullptr;
    result.strides[to] = linear->strides[from++];
  }
  return ofLinear(input->elementType, sizes, std::move(result));
}

Tensor *Emitter::gatherInOrder(Tensor *input, Tensor *indices, int64_t axis) {
  std::optional<LinearElements> linear = getLinear(indices);
  if (!linear)
    return nullptr;
  // In row-major order over the dimensions that count, indices go up by one.
  SizeExpr count(1);
  Sizes counted(indices->sizes.size(), SizeExpr(1));
  for (size_t d = counted.size(); d-- != 0;) {
    const SizeExpr &stride = linear->strides[d];
    if (stride.asConstant() == 0 || indices->sizes[d].asConstant() == 1)
      continue;
    if (!(stride == count))
      return nullptr;
    counted[d] = indices->sizes[d];
    count = count * counted[d];
  }
  const SizeExpr &size = input->sizes[axis];
  SizeExpr offset = linear->offset;
  if (!reasoner.isAtMost(0, offset)) {
    if (!reasoner.isAtMost(offset + count, 0))
      return nullptr;
    offset = offset + size;
  }
  // Beyond the end there is nothing to read: the model rules it out.
  SizeExpr end = offset + count;
  if (!reasoner.isAtMost(end, size) &&
      !(size.asConstant() && reasoner.learnAtMost(end, *size.asConstant())))
    return nullptr;
  auto replaceAxis = [&](const Sizes &by) {
    Sizes sizes(input->sizes.begin(), input->sizes.begin() + axis);
    llvm::append_range(sizes, by);
    sizes.append(input->sizes.begin() + axis + 1, input->sizes.end());
    return sizes;
  };
  Tensor *part = sliceOne(input, axis, offset, count);
  return expand(reshape(part, replaceAxis(counted)),
                replaceAxis(indices->sizes));
}

Value Emitter::emitLinear(RankedTensorType type, const Sizes &sizes,
                          const LinearElements &elements) {
  // A sum of counts, each along its dimension.
  Tensor *sum = nullptr;
  auto add = [&](Value value, const Sizes &valueSizes) {
    Tensor *term = ofValue(value, valueSizes);
    Sizes both = sum ? *broadcast(sum->sizes, valueSizes) : valueSizes;
    sum = sum ? create<AddOp>(type.getElementType(), both, sum, term) : term;
  };
  auto number = [&](const SizeExpr &value) {
    return getValue(ofElements(type.getElementType(), {}, {value}));
  };
  for (size_t d = 0; d != sizes.size(); ++d) {
    if (elements.strides[d].asConstant() == 0)
      continue;
    Sizes line(sizes.size(), SizeExpr(1));
    line[d] = sizes[d];
    RankedTensorType lineType = getType(type.getElementType(), line);
    Value count = IotaOp::create(builder, location, lineType, int64_t(d),
                                 attribute(line));
    if (elements.strides[d].asConstant() != 1)
      count = MulOp::create(builder, location, lineType, count,
                            number(elements.strides[d]));
    add(count, line);
  }
  if (!sum || elements.offset.asConstant() != 0)
    add(number(elements.offset), {});
  if (sum->sizes == sizes)
    return sum->value;
  return ExpandOp::create(builder, location, type, sum->value,
                          attribute(sizes));
}

Tensor *Emitter::ofColumns(Type elementType, Sizes sizes,
                           std::vector<LinearElements> columns) {
  if (!getType(elementType, sizes))
    return nullptr;
  Tensor tensor;
  tensor.elementType = elementType;
  tensor.sizes = std::move(sizes);
  tensor.columns = std::move(columns);
  return store(std::move(tensor));
}

Value Emitter::emitColumns(Tensor *tensor) {
  Sizes column = tensor->sizes;
  column.back() = 1;
  RankedTensorType type = getType(tensor->elementType, column);
  SmallVector<Value> values;
  for (const LinearElements &elements : tensor->columns)
    values.push_back(emitLinear(type, column, elements));
  return ConcatOp::create(builder, location,
                          getType(tensor->elementType, tensor->sizes), values,
                          tensor->getRank() - 1);
}
