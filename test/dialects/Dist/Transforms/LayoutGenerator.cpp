//===- LayoutGenerator.cpp - Random layout ops ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/dialects/Dist/Transforms/ProgramGenerator.h"

#include "llvm/ADT/StringExtras.h"

#include <numeric>

using namespace weft;

Tensor Generator::reshape(const Tensor &x, const Shape &shape) {
  return add("reshape " + x.name + " to " + sizesOf(shape),
             typeOf(x.shape) + " -> " + typeOf(shape), shape);
}

void Generator::addTranspose(const Tensor &x) {
  std::vector<size_t> order(x.shape.size());
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random.below(i)]);
  Shape shape;
  std::vector<std::string> texts;
  for (size_t i : order) {
    shape.push_back(x.shape[i]);
    texts.push_back(std::to_string(i));
  }
  add("transpose " + x.name + " perm [" + llvm::join(texts, ", ") + "]",
      typeOf(x.shape) + " -> " + typeOf(shape), shape);
}

void Generator::addSplit(const Tensor &x) {
  if (x.shape.empty() || x.shape.size() > 4)
    return;
  size_t i = random.below(x.shape.size());
  Dimension whole = x.shape[i];
  std::vector<int64_t> factors;
  for (int64_t factor = 2; factor <= whole.size; ++factor)
    if (whole.size % factor == 0)
      factors.push_back(factor);
  if (factors.empty())
    return;
  int64_t inner = random.pick(factors);
  Shape shape = x.shape;
  shape[i] = {whole.size / inner, whole.symbol};
  shape.insert(shape.begin() + i + 1, {inner});
  reshape(x, shape);
}

void Generator::addMerge(const Tensor &x) {
  if (x.shape.size() < 2)
    return;
  size_t i = random.below(x.shape.size() - 1);
  if (x.shape[i].isDynamic() && x.shape[i + 1].isDynamic())
    return;
  Shape shape = x.shape;
  shape[i] = {shape[i].size * shape[i + 1].size,
              shape[i].symbol + shape[i + 1].symbol};
  shape.erase(shape.begin() + i + 1);
  reshape(x, shape);
}

void Generator::addSlice(const Tensor &x) {
  Shape shape = x.shape;
  std::vector<std::string> offsets, strides;
  for (Dimension &dimension : shape) {
    int64_t offset = 0, stride = 1;
    if (!dimension.isDynamic() && random.chance(2)) {
      stride = random.between(1, 2);
      offset = random.below(dimension.size);
      int64_t most = (dimension.size - offset + stride - 1) / stride;
      dimension.size = random.between(1, most);
      if (random.chance(4)) {
        offset += (dimension.size - 1) * stride;
        stride = -stride;
      }
    }
    offsets.push_back(std::to_string(offset));
    strides.push_back(std::to_string(stride));
  }
  add("slice " + x.name + " offsets [" + llvm::join(offsets, ", ") +
          "] sizes " + sizesOf(shape) + " strides [" +
          llvm::join(strides, ", ") + "]",
      typeOf(x.shape) + " -> " + typeOf(shape), shape);
}

void Generator::addConcat(const Tensor &x) {
  if (x.shape.empty())
    return;
  size_t axis = random.below(x.shape.size());
  std::vector<Tensor> others;
  for (const Tensor &value : values) {
    Shape shape = value.shape;
    if (shape.size() == x.shape.size() &&
        shape[axis].symbol == x.shape[axis].symbol) {
      shape[axis] = x.shape[axis];
      if (shape == x.shape)
        others.push_back(value);
    }
  }
  Tensor y = random.pick(others);
  Shape shape = x.shape;
  shape[axis].size += y.shape[axis].size;
  add("concat " + x.name + ", " + y.name + " axis " + std::to_string(axis),
      typeOf(x.shape) + ", " + typeOf(y.shape) + " -> " + typeOf(shape), shape);
}

void Generator::addPad(const Tensor &x) {
  Shape shape = x.shape;
  std::vector<std::string> low, high;
  for (Dimension &dimension : shape) {
    int64_t before = 0, after = 0;
    if (!dimension.isDynamic() && random.chance(2)) {
      before = random.below(3);
      after = random.below(3);
    }
    dimension.size += before + after;
    low.push_back(std::to_string(before));
    high.push_back(std::to_string(after));
  }
  add("pad " + x.name + " low [" + llvm::join(low, ", ") + "] high [" +
          llvm::join(high, ", ") + "]",
      typeOf(x.shape) + " -> " + typeOf(shape), shape);
}

void Generator::addGather(const Tensor &x) {
  if (x.shape.empty())
    return;
  size_t axis = random.below(x.shape.size());
  if (x.shape[axis].isDynamic())
    return;
  int64_t count = random.between(1, 3);
  std::vector<std::string> indices;
  for (int64_t i = 0; i != count; ++i)
    indices.push_back(std::to_string(random.below(x.shape[axis].size)));
  std::string constant = "%" + std::to_string(numNames++);
  std::string type = "tensor<" + std::to_string(count) + "xi64>";
  body += "  " + constant + " = llm.constant dense<[" +
          llvm::join(indices, ", ") + "]> : " + type + "\n";
  Shape shape = x.shape;
  shape[axis] = {count};
  add("gather " + x.name + ", " + constant + " axis " + std::to_string(axis),
      typeOf(x.shape) + ", " + type + " -> " + typeOf(shape), shape);
}
