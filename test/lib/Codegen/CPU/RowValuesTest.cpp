//===- RowValuesTest.cpp - What a row computes once -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/Family.h"
#include "lib/Codegen/Common/RegisterModels.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace weft;

// Results are right either way, only slower by the number of vectors in a row.
TEST(RowValues, AreComputedBeforeTheLoopOverColumns) {
  DialectRegistry registry;
  registry.insert<LLMDialect, func::FuncDialect>();
  registerCodegen(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  // The row of the table is needed by the statistics too.
  auto source = parseSourceString<ModuleOp>(R"mlir(
    func.func @norm(%ids: tensor<?x?xi64>, %table: tensor<9x384xf32>, %s: tensor<384xf32>) -> tensor<?x?x384xf32> {
      %0 = llm.embedding %ids, %table : tensor<?x?xi64>, tensor<9x384xf32> -> tensor<?x?x384xf32>
      %1 = llm.layer_norm %0, %s epsilon 1.0e-12 : tensor<?x?x384xf32>, tensor<384xf32>
      return %1 : tensor<?x?x384xf32>
    })mlir",
                                            &context);
  ASSERT_TRUE(source);
  Block &body = (*source->getOps<func::FuncOp>().begin()).getBody().front();
  Location location = UnknownLoc::get(&context);
  auto target = resolveCPUTarget("x86-64", location);
  ASSERT_TRUE(succeeded(target));
  SizeExpr batch = SizeExpr::symbol("s0"), rows = SizeExpr::symbol("s1");
  KernelSource kernel{
      "norm", &body, {{batch, rows}, {9, 384}, {384}}, 2, location};

  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  CPUCodeBuilder code(*module, kernel, *target);
  ElementEmitter emitter(code, kernel);
  Value result = body.getTerminator()->getOperand(0);
  emitMapKernel(
      emitter,
      {result, {code.buffers.back(), code.f32(), emitter.sizesOf(result)}});
  code.finish();
  ASSERT_TRUE(succeeded(verify(*module)));

  SmallVector<int> depths;
  module->walk([&](math::SqrtOp op) {
    depths.push_back(0);
    for (Operation *loop = op; (loop = loop->getParentOfType<scf::ForOp>());)
      ++depths.back();
  });
  // Once, in the loop over items.
  EXPECT_EQ(depths, SmallVector<int>{1});
}
