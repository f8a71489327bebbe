//===- EvaluatePass.cpp - Values of functions, as constants ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "lib/Reference/Passes.h"

using namespace mlir;

namespace weft {

#define GEN_PASS_DEF_EVALUATEPASS
#include "lib/Reference/Passes.h.inc"

namespace {

struct EvaluatePass : impl::EvaluatePassBase<EvaluatePass> {
  using EvaluatePassBase::EvaluatePassBase;

  void runOnOperation() override {
    WeightStore weights(weightDirectory);
    Evaluator evaluator(weights);
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isDeclaration() || function.getNumArguments() != 0)
        continue;
      FailureOr<SmallVector<HostTensor>> results =
          evaluator.evaluate(function, {});
      if (failed(results))
        return signalPassFailure();
      replaceBody(function, *results);
    }
  }

  void replaceBody(func::FuncOp function, ArrayRef<HostTensor> results) {
    Location location = function.front().getTerminator()->getLoc();
    // Uses first.
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(function.front())))
      op.erase();
    auto builder = OpBuilder::atBlockEnd(&function.front());
    SmallVector<Value> constants;
    for (const HostTensor &result : results)
      constants.push_back(
          ConstantOp::create(builder, location, result.toAttribute()));
    func::ReturnOp::create(builder, location, constants);
    function.setFunctionType(
        builder.getFunctionType({}, ValueRange(constants).getTypes()));
    // The results are whole now.
    function->removeAttr(dist::localFormAttrName);
  }
};

} // namespace
} // namespace weft
