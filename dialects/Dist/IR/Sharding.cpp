//===- Sharding.cpp - The shards of a tensor ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/IR/Sharding.h"

#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;

namespace weft::dist {

Shard getBlock(const SizeExpr &size, int64_t granule, int64_t count,
               const SizeExpr &position) {
  SizeExpr block = ceilDiv(ceilDiv(size, granule), count) * granule;
  SizeExpr begin = position * block;
  // Without a remainder there is nothing to bound.
  if (block * count == size)
    return {begin, block};
  return {min(begin, size), min(block, max(size - begin, 0))};
}

Shard getShard(const SizeExpr &size, DimensionShardingAttr dimension,
               const Mesh &mesh) {
  Shard shard{0, size};
  for (StringAttr axis : dimension.getAxes()) {
    Shard inner =
        getBlock(shard.size, dimension.getGranule(), mesh.getSize(axis),
                 SizeExpr::coordinate(std::string_view(axis.getValue())));
    shard = {shard.offset + inner.offset, inner.size};
  }
  return shard;
}

SmallVector<Shard> getShards(const Sizes &sizes, ShardingAttr sharding,
                             const Mesh &mesh) {
  SmallVector<Shard> shards;
  for (auto [size, dimension] :
       llvm::zip_equal(sizes, sharding.getDimensions()))
    shards.push_back(getShard(size, dimension, mesh));
  return shards;
}

Sizes getLocalSizes(const Sizes &sizes, ShardingAttr sharding,
                    const Mesh &mesh) {
  Sizes local;
  for (Shard &shard : getShards(sizes, sharding, mesh))
    local.push_back(std::move(shard.size));
  return local;
}

RankedTensorType getLocalType(RankedTensorType type, const Sizes &localSizes) {
  SmallVector<int64_t> shape;
  for (const SizeExpr &size : localSizes)
    shape.push_back(size.asConstant().value_or(ShapedType::kDynamic));
  return type.clone(shape);
}

bool splitsEvenly(const SizeExpr &size, DimensionShardingAttr dimension,
                  const Mesh &mesh) {
  int64_t count = mesh.getSize(dimension.getAxes());
  return count == 1 ||
         exactDiv(size, SizeExpr(dimension.getGranule() * count)).has_value();
}

LogicalResult verifySharding(function_ref<InFlightDiagnostic()> emitError,
                             ShardingAttr sharding, int64_t rank,
                             const Mesh &mesh) {
  if (sharding.getRank() != rank)
    return emitError() << "sharding has " << sharding.getRank()
                       << " dimensions but the tensor has " << rank;
  llvm::SmallPtrSet<StringAttr, 4> used;
  auto check = [&](ArrayRef<StringAttr> axes) -> LogicalResult {
    for (StringAttr axis : axes) {
      if (!mesh.contains(axis))
        return emitError() << "sharding uses axis " << axis
                           << ", which the mesh does not have";
      if (!used.insert(axis).second)
        return emitError() << "sharding uses axis " << axis << " twice";
    }
    return success();
  };
  for (DimensionShardingAttr dimension : sharding.getDimensions())
    if (failed(check(dimension.getAxes())))
      return failure();
  return check(sharding.getPartialAxes());
}

} // namespace weft::dist
