//===- Sharding.h - The shards of a tensor ----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The formula of blocks, as expressions over the coordinates of a rank:
//
//   Shard shard = getShard(13, {"tp"}, mesh)   // tp = 4
//   // shard.offset: 4 * coord("tp") bounded by 13; shard.size: 4, 4, 4, 1
//
// The runtime has the same formula for numbers (runtime/collectives).
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_IR_SHARDING_H
#define DIALECTS_DIST_IR_SHARDING_H

#include "dialects/Dist/IR/Mesh.h"

namespace weft::dist {

/// The elements of one dimension that a rank holds.
struct Shard {
  SizeExpr offset, size;
};

/// The part of `size` elements that is this rank's.
Shard getShard(const SizeExpr &size, DimensionShardingAttr dimension,
               const Mesh &mesh);
/// The part of the rank at `position` of `count` equal devices.
Shard getBlock(const SizeExpr &size, int64_t granule, int64_t count,
               const SizeExpr &position);

/// Offset and size of this rank's shard in each dimension.
llvm::SmallVector<Shard> getShards(const Sizes &sizes, ShardingAttr sharding,
                                   const Mesh &mesh);
Sizes getLocalSizes(const Sizes &sizes, ShardingAttr sharding,
                    const Mesh &mesh);
/// The type of a shard: `?` where its size is no constant.
mlir::RankedTensorType getLocalType(mlir::RankedTensorType type,
                                    const Sizes &localSizes);

/// True when every device has the same number of elements of this dimension,
/// whatever the sizes are.
bool splitsEvenly(const SizeExpr &size, DimensionShardingAttr dimension,
                  const Mesh &mesh);

/// Fails with a diagnostic unless the sharding fits the mesh and the rank: its
/// axes exist and each is used once.
mlir::LogicalResult
verifySharding(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
               ShardingAttr sharding, int64_t rank, const Mesh &mesh);

} // namespace weft::dist

#endif // DIALECTS_DIST_IR_SHARDING_H
