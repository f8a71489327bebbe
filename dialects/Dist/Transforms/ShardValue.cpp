//===- ShardValue.cpp - Annotating what is split --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/ShardValue.h"

#include "dialects/Dist/Transforms/Factors.h"

using namespace mlir;

namespace weft::dist {

void addAxis(Value value, int64_t dimension, StringAttr axis, int64_t granule,
             const Twine &origin) {
  auto type = cast<RankedTensorType>(value.getType());
  ShardingAttr sharding = getSharding(value);
  if (!sharding)
    sharding = ShardingAttr::getReplicated(value.getContext(), type.getRank());
  SmallVector<DimensionShardingAttr> dimensions(sharding.getDimensions());
  SmallVector<StringAttr> axes(dimensions[dimension].getAxes());
  axes.push_back(axis);
  dimensions[dimension] = DimensionShardingAttr::get(
      value.getContext(), axes,
      std::max(granule, dimensions[dimension].getGranule()), /*isOpen=*/false);
  setSharding(value, ShardingAttr::get(value.getContext(), dimensions));
  addOrigin(value, axis, origin.str());
}

LogicalResult splitWeight(Value weight, int64_t dimension, StringAttr axis,
                          int64_t granule, const Twine &origin,
                          const Mesh &mesh) {
  addAxis(weight, dimension, axis, granule, origin);
  DimensionShardingAttr sharding =
      getSharding(weight).getDimensions()[dimension];
  int64_t size = cast<RankedTensorType>(weight.getType()).getDimSize(dimension);
  if (splitsEvenly(size, sharding, mesh))
    return success();
  LoadWeightOp load = findWeight(weight);
  InFlightDiagnostic diagnostic =
      load.emitError() << "dimension " << dimension << " of weight @"
                       << load.getWeight() << " has " << size << " elements";
  if (sharding.getGranule() != 1)
    diagnostic << " in blocks of " << sharding.getGranule()
               << " that stay together (a head)";
  return diagnostic << ", which " << mesh.getSize(sharding.getAxes())
                    << " devices cannot share evenly; choose a number of "
                       "devices that divides "
                    << size / sharding.getGranule();
}

} // namespace weft::dist
