//===- Dist.h - The dist dialect --------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_IR_DIST_H
#define DIALECTS_DIST_IR_DIST_H

#include "dialects/LLM/IR/LLM.h"

#include "dialects/Dist/IR/DistDialect.h.inc"
#include "dialects/Dist/IR/DistEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Dist/IR/DistAttributes.h.inc"
#define GET_OP_CLASSES
#include "dialects/Dist/IR/DistOps.h.inc"

namespace weft::dist {

/// Whether an op moves data between ranks.
bool isCollective(mlir::Operation *op);

/// On a function in local form: its types are those of one rank's shards.
inline constexpr llvm::StringLiteral localFormAttrName = "dist.local";

/// Whether the function is in local form, or the one around `operation`.
bool isInLocalForm(mlir::Operation *operation);
void setLocalForm(mlir::Operation *function);

/// The sharding of an op's result, of an argument or of a function's result.
inline constexpr llvm::StringLiteral shardingAttrName = "dist.sharding";

/// Why a value is split, for each axis: "dp: batch, tp: columns of a layer".
inline constexpr llvm::StringLiteral originAttrName = "dist.origin";

/// The sharding that `value` carries in the global form: none when it has not
/// been given one.
ShardingAttr getSharding(mlir::Value value);
void setSharding(mlir::Value value, ShardingAttr sharding);

/// The attribute `dist.origin`; empty without one.
llvm::StringRef getOrigin(mlir::Value value);
void addOrigin(mlir::Value value, mlir::StringAttr axis, llvm::StringRef why);

} // namespace weft::dist

#endif // DIALECTS_DIST_IR_DIST_H
