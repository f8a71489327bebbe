//===- TestSizes.cpp - Prints the sizes of every value --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "test/passes/TestPasses.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace weft;

namespace {

/// Remarks: the sizes of arguments and results, with their bounds where an op
/// carries `test.bounds`.
struct TestSizesPass : PassWrapper<TestSizesPass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestSizesPass)

  StringRef getArgument() const override { return "test-llm-sizes"; }
  StringRef getDescription() const override {
    return "Print the symbolic sizes of every value as remarks";
  }

  void runOnOperation() override {
    auto &sizes = getAnalysis<SizeAnalysis>();
    for (BlockArgument argument : getOperation().getArguments())
      print(getOperation().emitRemark()
                << "argument " << argument.getArgNumber() << ": ",
            sizes, argument, getOperation()->hasAttr("test.bounds"));
    getOperation()->walk([&](Operation *op) {
      if (op->getNumResults() == 1)
        print(op->emitRemark(), sizes, op->getResult(0),
              op->hasAttr("test.bounds"));
    });
  }

  static void print(InFlightDiagnostic &&remark, SizeAnalysis &analysis,
                    Value value, bool withBounds) {
    Sizes sizes = analysis.getSizes(value);
    remark << "[";
    llvm::interleaveComma(sizes, remark, [&](const SizeExpr &size) {
      remark << size.str();
      if (!withBounds)
        return;
      SizeFacts facts = analysis.getSymbols().of(size);
      remark << " in [" << facts.minimum << ", " << facts.maximum << "] by "
             << facts.divisor;
    });
    remark << "]";
  }
};

} // namespace

void weft::registerTestSizesPass() { PassRegistration<TestSizesPass>(); }
