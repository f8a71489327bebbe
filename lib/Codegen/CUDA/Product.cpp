//===- Product.cpp - A product of matrices to emit ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/Product.h"

#include "lib/Codegen/Common/ElementModels.h"

using namespace mlir;

namespace weft::cuda {

static bool isNarrowFloat(Type type) {
  return isa<FloatType>(ElementEmitter::computeType(type)) && !type.isF64();
}

static bool isHalf(Type type) { return type.isF16() || type.isBF16(); }

static Value beforeWidening(Value value) {
  auto cast = value.getDefiningOp<CastOp>();
  return cast && isHalf(elementTypeOf(cast.getInput())) ? cast.getInput()
                                                        : value;
}

std::optional<Product> Product::of(ElementEmitter &emitter, Operation *anchor) {
  Product product;
  product.anchor = anchor;
  Value result = anchor->getResult(0);
  const Sizes &sizes = emitter.sizesOf(result);
  if (auto linear = dyn_cast<LinearOp>(anchor)) {
    if (linear.getPanel())
      return std::nullopt;
    product.lhs = linear.getInput();
    product.rhs = linear.getWeight();
    product.bias = linear.getBias();
    product.isLinear = true;
    for (const SizeExpr &size : ArrayRef(sizes).drop_back())
      product.rows = product.rows * size;
  } else if (auto matmul = dyn_cast<MatMulOp>(anchor)) {
    product.lhs = matmul.getLhs();
    product.rhs = matmul.getRhs();
    if (emitter.sizesOf(product.lhs).size() < 2 ||
        emitter.sizesOf(product.rhs).size() < 2)
      return std::nullopt;
    product.batch.assign(sizes.begin(), sizes.end() - 2);
    product.rows = sizes[sizes.size() - 2];
  } else {
    return std::nullopt;
  }
  product.columns = sizes.back();
  product.depth = emitter.sizesOf(product.lhs).back();
  Type weight = elementTypeOf(product.rhs);
  for (Type type : {elementTypeOf(product.lhs), weight, elementTypeOf(result)})
    if (!isNarrowFloat(type))
      return std::nullopt;
  if (product.isLinear) {
    if (isHalf(weight))
      product.matrixElement = weight;
    else if (isa<BlockType>(weight))
      product.matrixElement = emitter.code.builder.getF16Type();
  } else {
    Type left = elementTypeOf(beforeWidening(product.lhs));
    Type right = elementTypeOf(beforeWidening(product.rhs));
    if (left == right && isHalf(left))
      product.matrixElement = left;
  }
  // Multiplied as it lies: what widens it changes nothing.
  if (product.matrixElement)
    for (Value *operand : {&product.lhs, &product.rhs})
      if (elementTypeOf(beforeWidening(*operand)) == product.matrixElement)
        *operand = beforeWidening(*operand);
  return product;
}

LaneIndices Product::rowIndex(ElementEmitter &emitter, Value row) const {
  if (choice)
    return choice->result;
  if (!isLinear) {
    LaneIndices index = batchIndex;
    index.push_back(LaneIndex::uniform(row));
    return index;
  }
  const Sizes &sizes = emitter.sizesOf(anchor->getResult(0));
  return emitter.delinearize(LaneIndex::uniform(row),
                             ArrayRef(sizes).drop_back());
}

int64_t Product::vectorLanes(const SizeExpr &size, int64_t most) {
  std::optional<int64_t> known = size.asConstant();
  return known && *known > 0 && *known % most == 0 ? most : 1;
}

void storeProduct(ElementEmitter &emitter, const KernelOutput &output,
                  const Product &product, ArrayRef<LaneIndex> at, Value sum) {
  CodeBuilder &code = emitter.code;
  if (product.bias)
    sum = code.addf(sum, emitter.element(product.bias, {at.back()}));
  Value result = product.anchor->getResult(0);
  emitter.provide(result, at, sum);
  Value element = emitter.element(output.value, at);
  if (!at.back().isUniform())
    element = code.broadcast(element);
  LaneIndex position = emitter.linearize(at, emitter.sizesOf(result));
  code.store(
      emitter.toStorage(element, output.memory.element),
      code.address(output.memory.base, output.memory.element, position.value),
      Value(), !at.back().isUniform());
}

} // namespace weft::cuda
