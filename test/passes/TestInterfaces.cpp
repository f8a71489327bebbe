//===- TestInterfaces.cpp - Shows what ops answer -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "dialects/LLM/IR/LLM.h"
#include "test/passes/TestPasses.h"

#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace weft;

static const char *nameOf(FactorKind kind) {
  switch (kind) {
  case FactorKind::PassThrough:
    return nullptr;
  case FactorKind::Sum:
    return "sum";
  case FactorKind::Max:
    return "max";
  case FactorKind::Min:
    return "min";
  case FactorKind::Replicate:
    return "whole";
  }
  llvm_unreachable("all kinds are handled");
}

namespace {
struct TestInterfaces : PassWrapper<TestInterfaces, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestInterfaces)

  StringRef getArgument() const override { return "test-llm-interfaces"; }
  StringRef getDescription() const override {
    return "Remark the sizes, sharding rule and cost of each op";
  }

  void runOnOperation() override {
    SizeAnalysis analysis(getOperation());
    getOperation()->walk([&](ModelOpInterface op) {
      SmallVector<Sizes> operands = analysis.getSizes(op->getOperands());
      Sizes result = op.reifySizes(operands);
      InFlightDiagnostic remark = op->emitRemark();
      remark << SizesAttr::get(&getContext(), result);
      ShardingRule rule = op.getShardingRule(operands, result);
      remark << " " << rule.str();
      for (auto [factor, kind] : llvm::enumerate(rule.factors))
        if (const char *name = nameOf(kind))
          remark << " " << std::string(1, char('a' + factor)) << ":" << name;
      Cost cost = op.getCost(operands, result);
      remark << " flops " << cost.flops.str() << " reads "
             << cost.bytesRead.str() << " writes " << cost.bytesWritten.str();
    });
  }
};
} // namespace

void weft::registerTestInterfacesPass() { PassRegistration<TestInterfaces>(); }
