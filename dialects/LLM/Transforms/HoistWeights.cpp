//===- HoistWeights.cpp - Compute on weights at packaging -----------------===//
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
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_HOISTWEIGHTSPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// A computation on weights whose result something else uses.
bool isRoot(Operation &op) {
  if (isa<LoadWeightOp, ConstantOp>(op) || op.getNumResults() != 1 ||
      llvm::none_of(findWeightSlice(op.getResult(0)),
                    llvm::IsaPred<LoadWeightOp>))
    return false;
  return llvm::any_of(op.getUsers(), [](Operation *user) {
    return user->getNumResults() != 1 || !isWeightLike(user->getResult(0));
  });
}

/// What the weight is called after its source.
StringRef suffixOf(Operation &op) {
  return llvm::TypeSwitch<Operation *, StringRef>(&op)
      .Case([](TransposeOp) { return "transposed"; })
      .Case([](ReshapeOp) { return "reshaped"; })
      .Case([](PadOp) { return "padded"; })
      .Case([](ConcatOp) { return "concatenated"; })
      .Case([](CastOp cast) { return "cast"; })
      .Default([](Operation *) { return "computed"; });
}

struct HoistWeightsPass : impl::HoistWeightsPassBase<HoistWeightsPass> {
  void runOnOperation() override {
    WeightInitializers initializers(getOperation());
    SmallVector<Operation *> roots;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic())
        function.walk([&](Operation *op) {
          if (isRoot(*op))
            roots.push_back(op);
        });
    for (Operation *root : roots) {
      WeightOp weight = initializers.hoist(root->getResult(0), suffixOf(*root));
      OpBuilder builder(root);
      root->replaceAllUsesWith(LoadWeightOp::create(
          builder, root->getLoc(), root->getResult(0).getType(),
          FlatSymbolRefAttr::get(weight)));
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic())
        for (Block &block : function.getBody())
          for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
            if (isOpTriviallyDead(&op))
              op.erase();
    initializers.eraseUnused();
  }
};

} // namespace
} // namespace weft
