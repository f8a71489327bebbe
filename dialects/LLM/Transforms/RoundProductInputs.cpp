//===- RoundProductInputs.cpp - Operands of one type for libraries --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Analysis/LibraryProduct.h"
#include "dialects/LLM/Transforms/Passes.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_ROUNDPRODUCTINPUTSPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

class InputRounder {
public:
  void run(func::FuncOp function);

private:
  /// `value` in `element`, computed once.
  Value round(Value value, Type element);
  /// Everything that reads `value`, be it through reshapes, is a product that
  /// wants it in `element`.
  bool isOnlyMultiplied(Value value, Type element) const;
  void roundInKernel(KernelOp kernel, Type element);
  Value roundByKernel(Value value, Type element);
  void setInput(KernelOp kernel, BlockArgument argument, Value rounded);

  /// Inputs of products, and what they are to be rounded to.
  DenseMap<OpOperand *, Type> wanted;
  DenseMap<std::pair<Value, Type>, Value> known;
};

} // namespace

static Value withElement(OpBuilder &builder, Location location, Value value,
                         Type element) {
  auto type = cast<RankedTensorType>(value.getType());
  return CastOp::create(builder, location, type.clone(element), value);
}

bool InputRounder::isOnlyMultiplied(Value value, Type element) const {
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    if (auto reshape = dyn_cast<ReshapeOp>(use.getOwner()))
      return isOnlyMultiplied(reshape.getResult(), element);
    return wanted.lookup(&use) == element;
  });
}

void InputRounder::roundInKernel(KernelOp kernel, Type element) {
  auto yield = cast<YieldOp>(kernel.getBody().front().getTerminator());
  OpBuilder builder(yield);
  Value rounded =
      withElement(builder, kernel.getLoc(), yield.getValue(), element);
  yield.getValueMutable().assign(rounded);
  kernel.getResult().setType(cast<RankedTensorType>(rounded.getType()));
}

Value InputRounder::roundByKernel(Value value, Type element) {
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  auto type = cast<RankedTensorType>(value.getType()).clone(element);
  auto kernel = KernelOp::create(builder, value.getLoc(), type, value);
  Block &body = kernel.getBody().emplaceBlock();
  Value input = body.addArgument(value.getType(), value.getLoc());
  builder.setInsertionPointToEnd(&body);
  YieldOp::create(builder, value.getLoc(),
                  withElement(builder, value.getLoc(), input, element));
  return kernel.getResult();
}

Value InputRounder::round(Value value, Type element) {
  if (Value rounded = known.lookup({value, element}))
    return rounded;
  Value rounded;
  auto reshape = value.getDefiningOp<ReshapeOp>();
  auto kernel = value.getDefiningOp<KernelOp>();
  if (reshape) {
    Value input = round(reshape.getInput(), element);
    OpBuilder builder(reshape);
    rounded = ReshapeOp::create(builder, reshape.getLoc(),
                                reshape.getType().clone(element), input,
                                reshape.getSizesAttr());
  } else if (kernel && isOnlyMultiplied(value, element)) {
    roundInKernel(kernel, element);
    rounded = value;
  } else {
    rounded = roundByKernel(value, element);
  }
  known[{value, element}] = rounded;
  return rounded;
}

void InputRounder::setInput(KernelOp kernel, BlockArgument argument,
                            Value rounded) {
  Type whole = getElementTypeOrSelf(argument);
  kernel->setOperand(argument.getArgNumber(), rounded);
  argument.setType(rounded.getType());
  OpBuilder builder(kernel.getBody());
  Value widened = withElement(builder, rounded.getLoc(), argument, whole);
  argument.replaceAllUsesExcept(widened, widened.getDefiningOp());
}

void InputRounder::run(func::FuncOp function) {
  SmallVector<std::pair<KernelOp, BlockArgument>> products;
  for (auto kernel : function.getOps<KernelOp>()) {
    std::optional<LibraryProduct> product = LibraryProduct::of(kernel);
    if (!product || product->hasOneType() || !product->lhsElement().isF32())
      continue;
    products.emplace_back(kernel, product->lhs);
    wanted[&kernel->getOpOperand(product->lhs.getArgNumber())] =
        product->rhsElement();
  }
  for (auto [kernel, argument] : products) {
    OpOperand &input = kernel->getOpOperand(argument.getArgNumber());
    setInput(kernel, argument, round(input.get(), wanted.lookup(&input)));
  }
}

namespace {

struct RoundProductInputsPass
    : impl::RoundProductInputsPassBase<RoundProductInputsPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!function.isPublic() || function.isExternal())
      return;
    InputRounder().run(function);
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};

} // namespace
} // namespace weft
