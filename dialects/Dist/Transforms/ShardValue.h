//===- ShardValue.h - Annotating what is split ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_TRANSFORMS_SHARDVALUE_H
#define DIALECTS_DIST_TRANSFORMS_SHARDVALUE_H

#include "dialects/Dist/IR/Sharding.h"

namespace weft::dist {

/// Splits one more dimension of `value`, minor to the axes that split it so
/// far.
void addAxis(mlir::Value value, int64_t dimension, mlir::StringAttr axis,
             int64_t granule, const llvm::Twine &origin);

/// The same for a weight, whose shards are equal: fails with a diagnostic where
/// the devices of the axis cannot share the dimension evenly.
mlir::LogicalResult splitWeight(mlir::Value weight, int64_t dimension,
                                mlir::StringAttr axis, int64_t granule,
                                const llvm::Twine &origin, const Mesh &mesh);

} // namespace weft::dist

#endif // DIALECTS_DIST_TRANSFORMS_SHARDVALUE_H
