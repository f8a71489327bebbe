//===- CheckCollectives.cpp - Refuse programs that may hang ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Analysis/CollectiveOrder.h"
#include "dialects/Exec/Transforms/Passes.h"
#include "dialects/LLM/Analysis/SizeSymbols.h"

using namespace mlir;
namespace weft::exec {

#define GEN_PASS_DEF_CHECKCOLLECTIVES
#include "dialects/Exec/Transforms/Passes.h.inc"

namespace {

/// Reads the commands of one program.
class Reader : public dist::CollectiveReader {
public:
  explicit Reader(ProgramOp program) : symbols(program) {
    for (auto input : program.getInputs().getAsRange<TensorAttr>())
      for (const SizeExpr &size : input.getSizes().getExprs())
        size.collectSymbols(shared);
  }

  std::optional<dist::Collective> getCollective(Operation *op) override {
    auto collective = dyn_cast<CollectiveOp>(op);
    if (!collective)
      return std::nullopt;
    std::string kind = stringifyCollectiveKind(collective.getKind()).str();
    if (!collective.getReduction().empty())
      kind += " " + collective.getReduction().str();
    auto append = [&](const char *what, std::optional<uint64_t> dimension,
                      uint64_t granule) {
      if (!dimension)
        return;
      kind += what + std::to_string(*dimension);
      if (granule != 1)
        kind += " granule " + std::to_string(granule);
    };
    append(" split ", collective.getSplitDimension(),
           collective.getSplitGranule());
    append(" concat ", collective.getConcatDimension(),
           collective.getConcatGranule());
    return dist::Collective{
        op,
        std::move(kind),
        llvm::to_vector(collective.getAxes().getAsRange<StringAttr>()),
        collective.getType(),
        collective.getSizes().getExprs(),
        collective.getQueue()};
  }

  std::optional<SizeExpr> getCondition(Operation *op) override {
    if (auto condition = dyn_cast<IfOp>(op))
      return getSize(condition.getCondition());
    if (auto loop = dyn_cast<WhileOp>(op))
      return getSize(loop.getCondition());
    return std::nullopt;
  }

  bool isShared(StringRef symbol) override {
    return shared.contains(symbol.str()) || symbols.isDeclared(symbol);
  }

private:
  SizeSymbols symbols;
  std::set<std::string> shared;
};

struct CheckCollectivesPass : impl::CheckCollectivesBase<CheckCollectivesPass> {
  void runOnOperation() override {
    dist::Mesh mesh = dist::Mesh::find(getOperation()).value_or(dist::Mesh());
    Reader reader(getOperation());
    for (auto variant : getOperation().getVariants().getOps<VariantOp>())
      if (failed(checkGuard(variant)) ||
          failed(dist::checkCollectiveOrder(variant.getBody(), mesh, reader)))
        return signalPassFailure();
  }

  static LogicalResult checkGuard(VariantOp variant) {
    std::set<std::string> axes;
    if (variant.getGuard())
      dist::collectCoordinates(getSize(*variant.getGuard()), axes);
    if (axes.empty())
      return success();
    return variant.emitOpError("has a guard that uses the coordinate along '")
           << *axes.begin() << "': ranks would run different variants";
  }
};

} // namespace
} // namespace weft::exec
