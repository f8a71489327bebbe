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

#include <gmock/gmock.h>

using namespace mlir;
using namespace weft;

using testing::ElementsAre;

namespace {
using Emit = llvm::function_ref<void(ElementEmitter &, const KernelOutput &)>;

/// In how many loops each square root is, in the kernel that `emit` makes of
/// `text`. Its arguments have sizes over s0 and s1.
std::vector<int> depthsOfRoots(StringRef text, ArrayRef<Sizes> sizes,
                               StringRef arch, Emit emit) {
  DialectRegistry registry;
  registry.insert<LLMDialect, func::FuncDialect>();
  registerCodegen(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  auto source = parseSourceString<ModuleOp>(text, &context);
  EXPECT_TRUE(source);
  Block &body = (*source->getOps<func::FuncOp>().begin()).getBody().front();
  Location location = UnknownLoc::get(&context);
  auto target = resolveCPUTarget(arch, location);
  EXPECT_TRUE(succeeded(target));
  KernelSource kernel{"norm", &body, SmallVector<Sizes>(sizes), 2, location};

  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  CPUCodeBuilder code(*module, kernel, *target);
  ElementEmitter emitter(code, kernel);
  Value result = body.getTerminator()->getOperand(0);
  emit(emitter,
       {result, {code.buffers.back(), code.f32(), emitter.sizesOf(result)}});
  code.finish();
  EXPECT_TRUE(succeeded(verify(*module)));

  std::vector<int> depths;
  module->walk([&](math::SqrtOp op) {
    depths.push_back(0);
    for (Operation *loop = op; (loop = loop->getParentOfType<scf::ForOp>());)
      ++depths.back();
  });
  return depths;
}
} // namespace

// Results are right either way, only slower by the number of vectors in a row.
TEST(RowValues, AreComputedBeforeTheLoopOverColumns) {
  SizeExpr batch = SizeExpr::symbol("s0"), rows = SizeExpr::symbol("s1");
  // The row of the table is needed by the statistics too. The root is in the
  // loop over items.
  EXPECT_THAT(
      depthsOfRoots(R"mlir(
    func.func @norm(%ids: tensor<?x?xi64>, %table: tensor<9x384xf32>, %s: tensor<384xf32>) -> tensor<?x?x384xf32> {
      %0 = llm.embedding %ids, %table : tensor<?x?xi64>, tensor<9x384xf32> -> tensor<?x?x384xf32>
      %1 = llm.layer_norm %0, %s epsilon 1.0e-12 : tensor<?x?x384xf32>, tensor<384xf32>
      return %1 : tensor<?x?x384xf32>
    })mlir",
                    {{batch, rows}, {9, 384}, {384}}, "x86-64",
                    [](ElementEmitter &emitter, const KernelOutput &output) {
                      emitMapKernel(emitter, output);
                    }),
      ElementsAre(1));
}

TEST(RowValues, AreComputedBeforeRowsAreQuantized) {
  // A way for few rows and one for more, each in a branch: the loops over
  // blocks of rows and over rows.
  EXPECT_THAT(
      depthsOfRoots(R"mlir(
    func.func @norm(%x: tensor<?x64xf32>, %s: tensor<64xf32>, %w: tensor<32x64x!llm.block<q4_0, 16>>) -> tensor<?x32xf32> {
      %0 = llm.rms_norm %x, %s epsilon 1.0e-5 : tensor<?x64xf32>, tensor<64xf32>
      %1 = llm.linear %0, %w activations q8 : tensor<?x64xf32>, tensor<32x64x!llm.block<q4_0, 16>> -> tensor<?x32xf32>
      return %1 : tensor<?x32xf32>
    })mlir",
                    {{SizeExpr::symbol("s0"), 64}, {64}, {32, 64}},
                    "x86-64-v4+avx512vnni+amx-bf16",
                    [](ElementEmitter &emitter, const KernelOutput &output) {
                      emitBlockLinearKernel(emitter, output,
                                            output.value.getDefiningOp());
                    }),
      ElementsAre(2, 2));
}
