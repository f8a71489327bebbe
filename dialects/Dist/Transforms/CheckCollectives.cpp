//===- CheckCollectives.cpp - Refuse programs that may hang ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Analysis/CollectiveOrder.h"
#include "dialects/Dist/Transforms/Passes.h"
#include "dialects/LLM/Analysis/SizeAnalysis.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace weft::dist {
#define GEN_PASS_DEF_CHECKCOLLECTIVESPASS
#include "dialects/Dist/Transforms/Passes.h.inc"

namespace {

std::string describeDimension(int64_t dimension, int64_t granule) {
  std::string text = " " + std::to_string(dimension);
  if (granule != 1)
    text += " granule " + std::to_string(granule);
  return text;
}

/// Reads the ops of the dist dialect in one function.
class Reader : public CollectiveReader {
public:
  explicit Reader(func::FuncOp function) : analysis(function) {
    // Inputs are whole on every rank: their sizes are the same.
    for (BlockArgument argument : function.getArguments())
      for (const SizeExpr &size : analysis.getSizes(argument))
        size.collectSymbols(shared);
  }

  std::optional<Collective> getCollective(Operation *op) override {
    return llvm::TypeSwitch<Operation *, std::optional<Collective>>(op)
        .Case([&](AllReduceOp op) {
          return make(op, reductionOf(op), analysis.getSizes(op.getInput()));
        })
        .Case([&](AllGatherOp op) {
          return make(op,
                      " dim" +
                          describeDimension(op.getDimension(), op.getGranule()),
                      op.getSizes().getExprs());
        })
        .Case([&](ReduceScatterOp op) {
          return make(op,
                      reductionOf(op) + " dim" +
                          describeDimension(op.getDimension(), op.getGranule()),
                      op.getSizes().getExprs());
        })
        .Case([&](AllToAllOp op) {
          return make(op,
                      " split" +
                          describeDimension(op.getSplitDimension(),
                                            op.getSplitGranule()) +
                          " concat" +
                          describeDimension(op.getConcatDimension(),
                                            op.getConcatGranule()),
                      op.getSizes().getExprs());
        })
        .Default([](Operation *) { return std::nullopt; });
  }

  bool isShared(StringRef symbol) override {
    return shared.contains(symbol.str()) ||
           analysis.getSymbols().isDeclared(symbol);
  }

private:
  template <typename Op> static std::string reductionOf(Op op) {
    return " " + stringifyReductionKind(op.getReduction()).str();
  }

  template <typename Op>
  static Collective make(Op op, const std::string &what, Sizes sizes) {
    return {op, Op::getOperationName().drop_front(strlen("dist.")).str() + what,
            llvm::to_vector(op.getAxes().template getAsRange<StringAttr>()),
            op.getType().getElementType(), std::move(sizes)};
  }

  SizeAnalysis analysis;
  std::set<std::string> shared;
};

struct CheckCollectivesPass
    : impl::CheckCollectivesPassBase<CheckCollectivesPass> {
  void runOnOperation() override {
    std::optional<Mesh> mesh = Mesh::find(getOperation());
    if (!mesh)
      return;
    WalkResult result = getOperation().walk([](ReshardOp op) {
      op.emitOpError("is not lowered to collectives, whose order could be "
                     "checked; run dist-lower-reshards first");
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      Reader reader(function);
      if (failed(checkCollectiveOrder(function.getBody(), *mesh, reader)))
        return signalPassFailure();
    }
  }
};

} // namespace
} // namespace weft::dist
