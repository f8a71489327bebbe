//===- PartitionSummary.cpp - How a model was split, in three lines -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Pipeline/PartitionSummary.h"

#include "dialects/Dist/IR/Mesh.h"
#include "dialects/Exec/IR/Exec.h"
#include "dialects/LLM/IR/ShardingRules.h"
#include "lib/Package/WeightShards.h"

#include "llvm/Support/Format.h"

using namespace mlir;
using namespace weft;

static void printMesh(const dist::Mesh &mesh, llvm::raw_ostream &out) {
  out << "mesh: ";
  llvm::interleave(
      llvm::zip_equal(mesh.getAxes(), mesh.getSizes()), out,
      [&](auto axis) {
        out << std::get<0>(axis).getValue() << "=" << std::get<1>(axis);
      },
      " x ");
  out << ", " << mesh.getNumRanks() << " ranks\n";
}

static void printWeights(ModuleOp module, const dist::Mesh &mesh,
                         llvm::raw_ostream &out) {
  unsigned whole = 0, split = 0;
  int64_t wholeBytes = 0, splitBytes = 0;
  for (const auto &[file, shards] : collectWeightShards(module, mesh))
    for (const WeightShard &shard : shards) {
      if (shard.ranks.empty()) {
        ++whole;
        wholeBytes += shard.bytes;
      } else if (shard.ranks.front() == 0) {
        ++split;
        splitBytes += shard.bytes;
      }
    }
  auto mebibytes = [](int64_t bytes) {
    return llvm::format("%.2f MiB", double(bytes) / (1 << 20));
  };
  out << "weights of a rank: " << split << " shards of "
      << mebibytes(splitBytes) << ", " << whole << " whole of "
      << mebibytes(wholeBytes) << "\n";
}

static void printCollectives(ModuleOp module, llvm::raw_ostream &out) {
  struct Total {
    unsigned count = 0;
    SizeExpr bytes;
  };
  std::map<std::string, Total> totals; // by kind and axes
  module.walk([&](exec::CollectiveOp op) {
    std::string what = stringifyCollectiveKind(op.getKind()).str() + " over ";
    llvm::raw_string_ostream stream(what);
    llvm::interleave(op.getAxes().getAsValueRange<StringAttr>(), stream, "+");
    Total &total = totals[what];
    ++total.count;
    total.bytes =
        total.bytes + numBytes(op.getType(), op.getSizes().getExprs());
  });
  out << "collectives of a run: ";
  if (totals.empty())
    out << "none";
  llvm::interleaveComma(totals, out, [&](const auto &entry) {
    out << entry.second.count << " " << entry.first << " of "
        << entry.second.bytes.str() << " bytes";
  });
  out << "\n";
}

std::string weft::summarizePartition(ModuleOp module) {
  std::optional<dist::Mesh> mesh = dist::Mesh::find(module);
  if (!mesh)
    return "";
  std::string text;
  llvm::raw_string_ostream out(text);
  printMesh(*mesh, out);
  printWeights(module, *mesh, out);
  printCollectives(module, out);
  return text;
}
