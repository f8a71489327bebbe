//===- SizeFolds.cpp - Arithmetic on shapes becomes sizes -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/SizeFolds.h"

#include "dialects/LLM/IR/Iteration.h"
#include "dialects/LLM/IR/LLM.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace weft {

/// Shapes are short; longer tensors are data.
static constexpr int64_t maxSizes = 64;

/// A tensor of few signed integers, wide enough for any size in practice.
static bool holdsSizes(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  Type element = tensor.getElementType();
  return (element.isInteger(64) || element.isInteger(32)) &&
         !element.isUnsignedInteger() && tensor.hasStaticShape() &&
         tensor.getNumElements() <= maxSizes;
}

/// The elements of a tensor of sizes, if they are known.
static std::optional<Sizes> knownElements(Value value) {
  if (!holdsSizes(value.getType()))
    return std::nullopt;
  if (auto sizes = value.getDefiningOp<SizesToTensorOp>())
    return sizes.getSizes().getExprs();
  DenseElementsAttr constant;
  if (!matchPattern(value, m_Constant(&constant)))
    return std::nullopt;
  Sizes elements;
  for (const APInt &element : constant.getValues<APInt>())
    elements.push_back(element.getSExtValue());
  return elements;
}

static std::optional<SizeExpr> combine(Operation *op, const SizeExpr &x,
                                       const SizeExpr &y) {
  return llvm::TypeSwitch<Operation *, std::optional<SizeExpr>>(op)
      .Case<AddOp>([&](auto) { return x + y; })
      .Case<SubOp>([&](auto) { return x - y; })
      .Case<MulOp>([&](auto) { return x * y; })
      .Case<MinOp>([&](auto) { return min(x, y); })
      .Case<MaxOp>([&](auto) { return max(x, y); })
      // The op rounds towards zero and the expression down: of an exact
      // quotient both say the same.
      .Case<DivOp>([&](auto) { return exactDiv(x, y); })
      .Case<ModOp>([&](auto) -> std::optional<SizeExpr> {
        if (y.asConstant().value_or(0) < 1)
          return std::nullopt;
        return mod(x, y);
      })
      .Default(std::nullopt);
}

/// Of a binary op, element by element with broadcasting.
static std::optional<Sizes> combineElements(Operation *op) {
  std::optional<Sizes> lhs = knownElements(op->getOperand(0)),
                       rhs = knownElements(op->getOperand(1));
  if (!lhs || !rhs)
    return std::nullopt;
  auto shapeOf = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  };
  ArrayRef<int64_t> shape = shapeOf(op->getResult(0));
  View views[] = {broadcastView(shapeOf(op->getOperand(0)), shape),
                  broadcastView(shapeOf(op->getOperand(1)), shape)};
  Sizes elements;
  bool isKnown = true;
  forEachIndex(shape, views, [&](ArrayRef<int64_t> at) {
    std::optional<SizeExpr> element = combine(op, (*lhs)[at[0]], (*rhs)[at[1]]);
    isKnown &= element.has_value();
    elements.push_back(element.value_or(SizeExpr()));
  });
  if (!isKnown)
    return std::nullopt;
  return elements;
}

/// Of an op that only moves elements: evaluated on positions instead of
/// numbers, it says which element goes where.
static std::optional<Sizes> moveElements(ModelOpInterface op) {
  Sizes all;
  SmallVector<HostTensor> operands;
  for (Value operand : op->getOperands()) {
    auto type = cast<RankedTensorType>(operand.getType());
    DenseElementsAttr constant;
    bool isIndex = isa<GatherOp>(op) && operand == op->getOperand(1);
    if (isIndex) {
      if (!matchPattern(operand, m_Constant(&constant)))
        return std::nullopt;
      operands.push_back(HostTensor::ofAttribute(constant));
      continue;
    }
    std::optional<Sizes> elements = knownElements(operand);
    if (!elements)
      return std::nullopt;
    HostTensor positions(type.getElementType(), type.getShape());
    for (auto [i, position] : llvm::enumerate(positions.integers()))
      position = all.size() + i;
    operands.push_back(std::move(positions));
    all.append(*elements);
  }
  Evaluation evaluation{op->getLoc(), nullptr, nullptr, /*quiet=*/true};
  FailureOr<HostTensor> moved = op.evaluate(operands, evaluation);
  if (failed(moved))
    return std::nullopt;
  Sizes elements;
  for (int64_t position : moved->integers())
    elements.push_back(all[position]);
  return elements;
}

/// The product or sum of all elements.
static std::optional<Sizes> reduceElements(ReduceOp op) {
  std::optional<Sizes> elements = knownElements(op.getInput());
  bool isProduct = op.getKind() == Reduction::prod;
  if (!elements || (!isProduct && op.getKind() != Reduction::sum) ||
      op.getType().getNumElements() != 1)
    return std::nullopt;
  SizeExpr total = isProduct ? 1 : 0;
  for (const SizeExpr &element : *elements)
    total = isProduct ? total * element : total + element;
  return Sizes{total};
}

namespace {
struct FoldSizes : OpInterfaceRewritePattern<ModelOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ModelOpInterface op,
                                PatternRewriter &rewriter) const override {
    Type type = op->getResult(0).getType();
    auto isSizes = [](Value value) {
      return value.getDefiningOp<SizesToTensorOp>() != nullptr;
    };
    if (!llvm::any_of(op->getOperands(), isSizes) || !holdsSizes(type) ||
        cast<RankedTensorType>(type).getRank() > 1)
      return failure();
    auto elements =
        llvm::TypeSwitch<Operation *, std::optional<Sizes>>(op)
            .Case<AddOp, SubOp, MulOp, DivOp, ModOp, MinOp, MaxOp>(
                [](Operation *op) { return combineElements(op); })
            .Case<ReshapeOp, SliceOp, ConcatOp, GatherOp, ExpandOp>(
                [](ModelOpInterface op) { return moveElements(op); })
            .Case([](CastOp op) { return knownElements(op.getInput()); })
            .Case([](ReduceOp op) { return reduceElements(op); })
            .Default(std::nullopt);
    if (!elements || !llvm::all_of(*elements, [](const SizeExpr &element) {
          return element.isValid();
        }))
      return rewriter.notifyMatchFailure(op, "not all elements are sizes");
    rewriter.replaceOpWithNewOp<SizesToTensorOp>(
        op, type, SizesAttr::get(op->getContext(), *elements));
    return success();
  }
};
} // namespace

void populateSizeFoldingPatterns(RewritePatternSet &patterns) {
  patterns.add<FoldSizes>(patterns.getContext());
}

} // namespace weft
