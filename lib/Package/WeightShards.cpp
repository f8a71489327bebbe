//===- WeightShards.cpp - Which file holds which part of a weight ---------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Package/WeightShards.h"

#include "dialects/Exec/IR/Exec.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace weft;

namespace {

/// Cuts one weight for the ranks of a mesh.
class Cutter {
public:
  /// `parameters` are expressions over the coordinates of a rank.
  Cutter(const Sizes &parameters, const dist::Mesh &mesh)
      : parameters(parameters), mesh(mesh) {}

  /// The name of a rank's file, from its coordinates on the axes that matter.
  std::string getFile(int64_t rank) const;
  std::vector<int64_t> getParameters(int64_t rank) const;

private:
  std::optional<int64_t> getCoordinate(int64_t rank,
                                       std::string_view name) const;

  const Sizes &parameters;
  const dist::Mesh &mesh;
};

} // namespace

/// How size expressions ask for a coordinate.
static std::string getCoordinateName(StringAttr axis) {
  return SizeExpr::coordinate(std::string_view(axis.getValue())).str();
}

std::string Cutter::getFile(int64_t rank) const {
  std::string name;
  SmallVector<int64_t> coordinates = mesh.getCoordinates(rank);
  for (auto [axis, coordinate] : llvm::zip_equal(mesh.getAxes(), coordinates)) {
    SizeExpr self = SizeExpr::coordinate(std::string_view(axis.getValue()));
    if (llvm::is_contained(parameters, self))
      name += (name.empty() ? "" : "-") + axis.getValue().str() +
              std::to_string(coordinate);
  }
  return "weights/" + (name.empty() ? "common" : name) + ".safetensors";
}

std::optional<int64_t> Cutter::getCoordinate(int64_t rank,
                                             std::string_view name) const {
  SmallVector<int64_t> coordinates = mesh.getCoordinates(rank);
  for (auto [axis, coordinate] : llvm::zip_equal(mesh.getAxes(), coordinates))
    if (getCoordinateName(axis) == name)
      return coordinate;
  return std::nullopt;
}

std::vector<int64_t> Cutter::getParameters(int64_t rank) const {
  std::vector<int64_t> values;
  for (const SizeExpr &parameter : parameters) {
    StatusOr<int64_t> value = parameter.evaluate(
        [&](std::string_view name) { return getCoordinate(rank, name); });
    assert(value.isOk() && "initializers depend on coordinates only");
    values.push_back(*value);
  }
  return values;
}

std::map<std::string, std::vector<WeightShard>>
weft::collectWeightShards(ModuleOp module, const dist::Mesh &mesh) {
  SymbolTable symbols(module);
  llvm::StringSet<> seen;
  std::map<std::string, std::vector<WeightShard>> files;
  module.walk([&](exec::WeightOp use) {
    if (!seen.insert(use.getWeight()).second)
      return;
    auto weight = symbols.lookup<WeightOp>(use.getWeight());
    std::string layout = use.getLayout().str();
    RankedTensorType type = weight.getTensorType();
    int64_t bytes = getStorageBytes(type).value_or(0);
    SizesAttr values;
    if (auto initializer = weight.getInitializer())
      values = symbols.lookup(*initializer)
                   ->getAttrOfType<SizesAttr>(exec::sizeValuesAttrName);
    Sizes parameters = values ? values.getExprs() : Sizes();
    Cutter cutter(parameters, mesh);
    if (parameters.empty()) {
      files[cutter.getFile(0)].push_back({weight, bytes, layout, {}, {}});
      return;
    }
    for (int64_t rank = 0; rank != mesh.getNumRanks(); ++rank) {
      auto &shards = files[cutter.getFile(rank)];
      if (shards.empty() || shards.back().weight != weight)
        shards.push_back(
            {weight, bytes, layout, cutter.getParameters(rank), {}});
      shards.back().ranks.push_back(rank);
    }
  });
  return files;
}
