//===- PrintTiles.cpp - Prints how products are cut -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/PrintTiles.h"

#include "lib/Codegen/CUDA/TileOperand.h"
#include "lib/Codegen/Common/KernelFunction.h"
#include "lib/Codegen/Common/RegisterModels.h"

#include "mlir/Pass/Pass.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace weft;
using namespace weft::cuda;

static std::string describe(unsigned arch, const TileChoice &choice) {
  const TileShape &shape = choice.shape;
  return llvm::formatv(
      "sm_{0}: tiles of {1} x {2}, {3} terms in each of {4} stages, {5} "
      "threads with {6} registers; {7} blocks together, occupancy {8}%; "
      "predicted {9:F1} us for {10} rows",
      arch, shape.rows, shape.columns, shape.depth, shape.stages, shape.threads,
      shape.registers, choice.blocksTogether, int64_t(100 * choice.occupancy),
      1e6 * choice.seconds, choice.rows);
}

/// Emits none of the kernel but what has to be known of its operands.
static void printTiles(const KernelSource &source, const CUDATarget &target) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(source.location);
  CUDACodeBuilder code(*module, source, target, /*writesInPlace=*/false);
  ElementEmitter emitter(code, source);
  KernelOutput output = getKernelOutput(emitter, source);
  Operation *anchor = findAnchor(emitter, output.value);
  std::optional<Product> product;
  if (anchor)
    product = Product::of(emitter, anchor);
  if (!product)
    return;
  for (unsigned arch : target.archs)
    anchor->emitRemark() << describe(
        arch, chooseTile(arch, tileInputsOf(emitter, *product), product->rows,
                         product->columns, product->depth));
}

namespace {
struct PrintCUDATilesPass
    : PassWrapper<PrintCUDATilesPass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PrintCUDATilesPass)

  PrintCUDATilesPass() = default;
  PrintCUDATilesPass(const PrintCUDATilesPass &other) : PassWrapper(other) {}

  StringRef getArgument() const override { return "print-cuda-tiles"; }
  StringRef getDescription() const override {
    return "Print how products are cut into tiles on GPUs, and what the model "
           "of it predicts, as remarks";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registerCodegen(registry);
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    FailureOr<CUDATarget> target = resolveCUDATarget(arch, function.getLoc());
    if (failed(target))
      return signalPassFailure();
    std::set<std::string> symbols;
    KernelSource source = kernelSourceOf(function, 0);
    for (const Sizes &sizes : source.argumentSizes)
      for (const SizeExpr &size : sizes)
        size.collectSymbols(symbols);
    source.sizeCount = symbols.size();
    if (failed(checkKernelSource(source)))
      return signalPassFailure();
    printTiles(source, *target);
  }

  Option<std::string> arch{
      *this, "arch", llvm::cl::init("sm_80"),
      llvm::cl::desc("Archs to choose for, with commas between")};
};
} // namespace

void weft::registerPrintCUDATilesPass() {
  PassRegistration<PrintCUDATilesPass>();
}
