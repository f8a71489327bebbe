//===- TestMiscompile.cpp - A pass that is wrong on purpose ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/IR/Mesh.h"
#include "dialects/LLM/IR/LLM.h"
#include "test/passes/TestPasses.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace weft;

namespace {

/// Makes ops with `test.miscompile` compute something else: the first two
/// operands change places, or uses of the result see it negated ("negate"), as
/// NaN ("nan") or as the operand ("drop"), or a slice starts too early on all
/// ranks but those of coordinate 0 ("offset").
struct TestMiscompilePass
    : PassWrapper<TestMiscompilePass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestMiscompilePass)

  StringRef getArgument() const override { return "test-llm-miscompile"; }
  StringRef getDescription() const override {
    return "Change the meaning of ops marked with test.miscompile";
  }

  void runOnOperation() override {
    SmallVector<Operation *> marked;
    getOperation()->walk([&](Operation *op) {
      if (op->hasAttr("test.miscompile"))
        marked.push_back(op);
    });
    for (Operation *op : marked)
      miscompile(op);
  }

  static void miscompile(Operation *op) {
    auto kind = op->getAttrOfType<StringAttr>("test.miscompile");
    op->removeAttr("test.miscompile");
    if (kind && kind == "nan")
      return replaceUses(op, [](OpBuilder &builder, Value value) -> Value {
        auto zero = SubOp::create(builder, value.getLoc(), value.getType(),
                                  value, value);
        return DivOp::create(builder, value.getLoc(), value.getType(), zero,
                             zero);
      });
    if (kind && kind == "drop")
      return op->getResult(0).replaceAllUsesWith(op->getOperand(0));
    if (kind && kind == "offset")
      return shiftOffset(cast<SliceOp>(op));
    if (kind && kind == "negate")
      return replaceUses(op, [](OpBuilder &builder, Value value) -> Value {
        return NegOp::create(builder, value.getLoc(), value.getType(), value);
      });
    Value first = op->getOperand(0);
    op->setOperand(0, op->getOperand(1));
    op->setOperand(1, first);
  }

  static void shiftOffset(SliceOp slice) {
    Sizes offsets = slice.getOffsets().getExprs();
    for (SizeExpr &offset : offsets) {
      std::set<std::string> axes;
      dist::collectCoordinates(offset, axes);
      for (const std::string &axis : axes)
        offset = offset - min(SizeExpr::coordinate(axis), 1);
    }
    slice.setOffsetsAttr(SizesAttr::get(slice.getContext(), offsets));
  }

  static void replaceUses(Operation *op,
                          llvm::function_ref<Value(OpBuilder &, Value)> build) {
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    SmallVector<OpOperand *> uses;
    for (OpOperand &use : op->getResult(0).getUses())
      uses.push_back(&use);
    Value replacement = build(builder, op->getResult(0));
    for (OpOperand *use : uses)
      use->set(replacement);
  }
};

} // namespace

void weft::registerTestMiscompilePass() {
  PassRegistration<TestMiscompilePass>();
}
