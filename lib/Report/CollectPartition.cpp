//===- CollectPartition.cpp - What a report says --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/ReshardPlan.h"
#include "dialects/Exec/IR/Exec.h"
#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "dialects/LLM/IR/ShardingRules.h"
#include "lib/Package/WeightShards.h"
#include "lib/Report/PartitionReport.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace weft;

/// "f32[batch, 384]".
static std::string describe(Type elementType, const Sizes &sizes) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << elementType << '[';
  llvm::interleaveComma(sizes, out,
                        [&](const SizeExpr &size) { out << size.str(); });
  out << ']';
  return text;
}

/// Without the brackets of the attribute: `[{"dp"}, {}]`.
static std::string describe(dist::ShardingAttr sharding) {
  if (sharding.isReplicated())
    return "whole";
  std::string text;
  llvm::raw_string_ostream out(text);
  out << sharding;
  StringRef bare = text;
  bare.consume_front("#dist.sharding");
  return bare.drop_front().drop_back().str();
}

//===----------------------------------------------------------------------===//
// Shardings
//===----------------------------------------------------------------------===//

void PartitionReport::collectShardings(ModuleOp module) {
  SizeAnalysis sizes(module);
  auto add = [&](Value value, StringRef name, StringRef kind,
                 StringRef reason) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    dist::ShardingAttr sharding = dist::getSharding(value);
    if (type && sharding)
      tensors.push_back({name.str(), kind.str(),
                         describe(type.getElementType(), sizes.getSizes(value)),
                         describe(sharding), reason.str()});
  };
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic() || function.isDeclaration())
      continue;
    for (BlockArgument argument : function.getArguments()) {
      auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                        "llm.name");
      auto reason = function.getArgAttrOfType<StringAttr>(
          argument.getArgNumber(), dist::originAttrName);
      add(argument, name ? name.getValue() : "", "input",
          reason ? reason.getValue() : "");
    }
    function.walk([&](Operation *op) {
      if (op->getNumResults() != 1 || isa<dist::ReshardOp>(op))
        return;
      auto reason = op->getAttrOfType<StringAttr>(dist::originAttrName);
      auto load = dyn_cast<LoadWeightOp>(op);
      add(op->getResult(0),
          load ? load.getWeight().str() : exec::getNodeName(op->getLoc()),
          load ? "weight" : op->getName().stripDialect(),
          reason ? reason.getValue() : "");
    });
  }
}

//===----------------------------------------------------------------------===//
// The program of a rank
//===----------------------------------------------------------------------===//

/// Bytes of temporaries between their first and last command, at most.
static int64_t getMostTemporaryBytes(exec::VariantOp variant,
                                     const SizeSymbols &symbols) {
  DenseMap<Operation *, int64_t> order;
  SmallVector<Operation *> commands;
  for (Operation &op : variant.getBody().getOps())
    if (isa<exec::CommandOpInterface>(op)) {
      order[&op] = commands.size();
      commands.push_back(&op);
    }
  std::vector<double> changes(commands.size() + 1);
  for (auto temporary : variant.getBody().getOps<exec::TemporaryOp>()) {
    int64_t first = commands.size(), last = -1;
    SmallVector<Value> aliases = {temporary.getResult()};
    while (!aliases.empty())
      for (Operation *user : aliases.pop_back_val().getUsers()) {
        if (auto view = dyn_cast<exec::ViewOp>(user))
          aliases.push_back(view.getResult());
        // A command in an `if` counts as the `if`.
        auto at = order.find(variant.getBody().findAncestorOpInRegion(*user));
        if (at != order.end()) {
          first = std::min(first, at->second);
          last = std::max(last, at->second);
        }
      }
    if (last < 0)
      continue;
    double bytes =
        dist::estimateSize(exec::getSize(temporary.getBytes()), symbols);
    changes[first] += bytes;
    changes[last + 1] -= bytes;
  }
  double live = 0, most = 0;
  for (double change : changes)
    most = std::max(most, live += change);
  return most;
}

/// "batch = 256, sequence = 256".
static std::string describeTypicalSizes(ModuleOp module,
                                        const SizeSymbols &symbols) {
  std::string text;
  for (auto size : module.getOps<SizeOp>()) {
    auto name = size.getSymName();
    double value =
        dist::estimateSize(SizeExpr::symbol(std::string_view(name)), symbols);
    text += (text.empty() ? "" : ", ") + name.str() + " = " +
            std::to_string(int64_t(value));
  }
  return text;
}

void PartitionReport::collectProgram(ModuleOp module) {
  dist::Mesh mesh = dist::Mesh::find(module).value_or(dist::Mesh());
  SizeSymbols symbols(module);
  typicalSizes = describeTypicalSizes(module, symbols);
  for (auto [axis, size] : llvm::zip_equal(mesh.getAxes(), mesh.getSizes()))
    axes.emplace_back(axis.str(), size);

  int64_t temporaryBytes = 0;
  module.walk([&](exec::VariantOp variant) {
    temporaryBytes =
        std::max(temporaryBytes, getMostTemporaryBytes(variant, symbols));
  });
  for (int64_t rank = 0; rank != mesh.getNumRanks(); ++rank) {
    SmallVector<int64_t> coordinates = mesh.getCoordinates(rank);
    ranks.push_back(
        {{coordinates.begin(), coordinates.end()}, 0, temporaryBytes});
  }
  for (const auto &[file, shards] : collectWeightShards(module, mesh))
    for (const WeightShard &shard : shards) {
      if (shard.ranks.empty())
        for (ReportedRank &rank : ranks)
          rank.weightBytes += shard.bytes;
      for (uint32_t rank : shard.ranks)
        ranks[rank].weightBytes += shard.bytes;
    }

  module.walk([&](exec::CollectiveOp op) {
    Sizes sizes = op.getSizes().getExprs();
    SizeExpr bytes = numBytes(op.getType(), sizes);
    std::string names;
    int64_t devices = 1;
    for (auto axis : op.getAxes().getAsRange<StringAttr>()) {
      names += (names.empty() ? "" : "+") + axis.str();
      devices *= mesh.getSize(axis);
    }
    double typical = dist::estimateSize(bytes, symbols);
    collectives.push_back({stringifyCollectiveKind(op.getKind()).str(), names,
                           describe(op.getType(), sizes),
                           exec::getNodeName(op.getLoc()), bytes.str(), typical,
                           dist::estimateCollective(
                               op.getKind() == exec::CollectiveKind::all_reduce,
                               devices, typical)});
  });
}
