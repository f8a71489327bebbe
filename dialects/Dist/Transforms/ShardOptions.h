//===- ShardOptions.h - Meshes and patterns as text -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_TRANSFORMS_SHARDOPTIONS_H
#define DIALECTS_DIST_TRANSFORMS_SHARDOPTIONS_H

#include "dialects/Dist/IR/Mesh.h"

#include "llvm/Support/GlobPattern.h"

namespace weft::dist {

/// How a message starts.
using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

/// The axes of "dp=2,tp=4".
struct MeshText {
  llvm::SmallVector<llvm::StringRef> axes;
  llvm::SmallVector<int64_t> sizes;
};
mlir::FailureOr<MeshText> parseMesh(llvm::StringRef text, EmitError emitError);

/// "PATTERN=axis:dim": weights whose name fits the glob are split over an axis.
struct ShardPattern {
  llvm::StringRef text;
  llvm::GlobPattern glob;
  mlir::StringAttr axis;
  int64_t dimension;
};
/// The patterns of a list with commas between them; their axes are those of the
/// mesh.
mlir::FailureOr<llvm::SmallVector<ShardPattern>>
parseShardPatterns(llvm::StringRef text, const Mesh &mesh,
                   mlir::MLIRContext *context, EmitError emitError);

} // namespace weft::dist

#endif // DIALECTS_DIST_TRANSFORMS_SHARDOPTIONS_H
