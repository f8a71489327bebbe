//===- LowerPrecision.cpp - Weights in 16 bits ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/Matchers.h"
#include "dialects/LLM/Transforms/Passes.h"
#include "dialects/LLM/Transforms/WeightInitializers.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_LOWERPRECISIONPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// The weight of an op that reads it as f32, whatever it is held in.
OpOperand *loweredWeight(Operation *op) {
  if (auto linear = dyn_cast<LinearOp>(op))
    return linear.getType().getElementType().isF32()
               ? &linear.getWeightMutable()
               : nullptr;
  if (auto embedding = dyn_cast<EmbeddingOp>(op))
    return embedding.getType().getElementType().isF32()
               ? &embedding.getTableMutable()
               : nullptr;
  return nullptr;
}

/// What the initializer of a loaded weight returns; null for one without.
Value findInitialValue(LoadWeightOp load) {
  auto weight = SymbolTable::lookupNearestSymbolFrom<WeightOp>(
      load, load.getWeightAttr());
  if (!weight || !weight.getInitializer())
    return Value();
  auto function = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      weight, weight.getInitializerAttr());
  return function ? function.getBody().front().getTerminator()->getOperand(0)
                  : Value();
}

/// The type of 16 bits that holds every element of `value`, a weight: what it
/// was before it was widened and its elements moved. Null when there is none.
Type findStoredType(Value value) {
  for (bool isInitial = false; value;) {
    Type element = getElementTypeOrSelf(value);
    if (element.isBF16() || element.isF16())
      return element;
    Operation *op = value.getDefiningOp();
    if (!op || !element.isF32())
      break;
    if (isa<TransposeOp, ReshapeOp, PadOp, ExpandOp, SliceOp, CastOp>(op)) {
      value = op->getOperand(0);
      continue;
    }
    auto load = dyn_cast<LoadWeightOp>(op);
    value = load && !isInitial ? findInitialValue(load) : Value();
    isInitial = true;
  }
  return Type();
}

struct LowerPrecisionPass : impl::LowerPrecisionPassBase<LowerPrecisionPass> {
  using LowerPrecisionPassBase::LowerPrecisionPassBase;

  void runOnOperation() override {
    Builder builder(&getContext());
    Type target = llvm::StringSwitch<Type>(type.getValue())
                      .Case("f32", builder.getF32Type())
                      .Case("bf16", builder.getBF16Type())
                      .Case("f16", builder.getF16Type())
                      .Default(Type());
    if (!target && type != "keep") {
      getOperation().emitError() << "type is '" << type.getValue()
                                 << "' but must be keep, f32, bf16 or f16";
      return signalPassFailure();
    }
    WeightInitializers initializers(getOperation());
    SmallVector<OpOperand *> weights;
    getOperation().walk([&](Operation *op) {
      OpOperand *weight = loweredWeight(op);
      // What is quantized already is as low as it gets.
      if (weight && !isa<BlockType>(getElementTypeOrSelf(weight->get())) &&
          llvm::any_of(findWeightSlice(weight->get()),
                       llvm::IsaPred<LoadWeightOp>))
        weights.push_back(weight);
    });
    for (OpOperand *weight : weights)
      store(*weight, target ? target : findStoredType(weight->get()),
            initializers);
    initializers.eraseUnused();
  }

private:
  /// Holds the weight as `element`, if that is a type.
  void store(OpOperand &operand, Type element,
             WeightInitializers &initializers) {
    Value value = operand.get();
    auto type = cast<RankedTensorType>(value.getType());
    if (!element || type.getElementType() == element)
      return;
    SmallVector<Operation *> slice = findWeightSlice(value);
    llvm::sort(slice, [](Operation *lhs, Operation *rhs) {
      return rhs->isBeforeInBlock(lhs);
    });
    OpBuilder builder(operand.getOwner());
    auto rounded =
        CastOp::create(builder, value.getLoc(), type.clone(element), value);
    std::string suffix;
    llvm::raw_string_ostream(suffix) << element;
    WeightOp weight = initializers.hoist(rounded, suffix);
    rounded.erase();
    operand.set(LoadWeightOp::create(builder, value.getLoc(),
                                     type.clone(element),
                                     FlatSymbolRefAttr::get(weight)));
    for (Operation *op : slice)
      if (isOpTriviallyDead(op))
        op->erase();
  }
};

} // namespace
} // namespace weft
