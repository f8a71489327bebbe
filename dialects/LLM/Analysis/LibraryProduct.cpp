//===- LibraryProduct.cpp - What a matrix library computes ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Analysis/LibraryProduct.h"

#include "dialects/LLM/IR/ShapeCheck.h"

using namespace mlir;

namespace weft {

static bool isMultiplied(Type type) {
  return type.isF16() || type.isBF16() || type.isF32();
}

std::optional<LibraryProduct> LibraryProduct::of(KernelOp kernel) {
  LibraryProduct product;
  // How many ops of the body the product consists of, beside the yield.
  size_t ops = 0;
  auto take = [&](Operation *op) {
    ++ops;
    return op->getOperand(0);
  };
  Block &body = kernel.getBody().front();
  Value value = body.getTerminator()->getOperand(0);
  product.output = getElementTypeOrSelf(value);
  if (auto cast = value.getDefiningOp<CastOp>())
    value = take(cast);
  bool isRounded = product.output != getElementTypeOrSelf(value);
  if (auto relu = value.getDefiningOp<ReluOp>()) {
    product.epilogue = "relu";
    value = take(relu);
  } else if (auto gelu = value.getDefiningOp<GeluOp>()) {
    if (gelu.getApproximate() != GeluApproximation::tanh)
      return std::nullopt;
    product.epilogue = "gelu";
    value = take(gelu);
  }
  Value lhs;
  if (auto linear = value.getDefiningOp<LinearOp>()) {
    if (linear.getPanel() || linear.getActivations())
      return std::nullopt;
    product.isLinear = true;
    lhs = take(linear);
    product.rhs = dyn_cast<BlockArgument>(linear.getWeight());
    if (Value bias = linear.getBias()) {
      product.bias = dyn_cast<BlockArgument>(bias);
      // A library wants it in the result's type.
      if (!product.bias || isRounded)
        return std::nullopt;
    }
  } else if (auto matmul = value.getDefiningOp<MatMulOp>()) {
    lhs = take(matmul);
    product.rhs = dyn_cast<BlockArgument>(matmul.getRhs());
  } else {
    return std::nullopt;
  }
  if (auto widening = lhs.getDefiningOp<CastOp>();
      widening && product.isLinear &&
      isHeldNarrow(getElementTypeOrSelf(widening.getInput()),
                   widening.getType().getElementType()))
    lhs = take(widening);
  product.lhs = dyn_cast<BlockArgument>(lhs);
  // Other ops: reshapes, slices, a bias that is computed.
  if (!product.lhs || !product.rhs ||
      ops != llvm::range_size(body.without_terminator()) ||
      !isMultiplied(product.lhsElement()) ||
      !isMultiplied(product.rhsElement()) || !isMultiplied(product.output) ||
      (isRounded && product.output != product.rhsElement()))
    return std::nullopt;
  return product;
}

std::optional<LibraryProduct::Extents>
LibraryProduct::getExtents(KernelOp kernel, SizeAnalysis &sizes) const {
  auto sizesOf = [&](BlockArgument argument) {
    return sizes.getSizes(kernel.getInputs()[argument.getArgNumber()]);
  };
  auto multiply = [](SizeExpr &product, ArrayRef<SizeExpr> factors) {
    for (const SizeExpr &factor : factors)
      product = product * factor;
  };
  Sizes left = sizesOf(lhs), right = sizesOf(rhs);
  Extents extents;
  if (left.size() < (isLinear ? 1 : 2) || right.size() < 2)
    return std::nullopt;
  extents.k = left.back();
  ArrayRef<SizeExpr> leading = ArrayRef(left).drop_back();
  if (isLinear || right.size() == 2) {
    extents.n = right[isLinear ? 0 : 1];
    multiply(extents.m, leading);
    return extents;
  }
  extents.n = right.back();
  extents.m = leading.back();
  ArrayRef<SizeExpr> batch = leading.drop_back();
  if (batch != ArrayRef(right).drop_back(2))
    return std::nullopt;
  multiply(extents.batch, batch);
  return extents;
}

} // namespace weft
