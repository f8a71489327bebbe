//===- ShardOptions.cpp - Meshes and patterns as text ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/ShardOptions.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace weft::dist {

FailureOr<MeshText> parseMesh(StringRef text, EmitError emitError) {
  MeshText mesh;
  for (StringRef axis : llvm::split(text, ',')) {
    auto [name, count] = axis.split('=');
    int64_t size;
    if (name.empty() || count.getAsInteger(10, size))
      return emitError() << "mesh '" << text << "' has the axis '" << axis
                         << "'; expected a name and a number of devices, as "
                            "in 'dp=2,tp=4'";
    mesh.axes.push_back(name);
    mesh.sizes.push_back(size);
  }
  return mesh;
}

FailureOr<SmallVector<ShardPattern>> parseShardPatterns(StringRef text,
                                                        const Mesh &mesh,
                                                        MLIRContext *context,
                                                        EmitError emitError) {
  SmallVector<ShardPattern> patterns;
  if (text.empty())
    return patterns;
  for (StringRef pattern : llvm::split(text, ',')) {
    // A name may have '=' or ':' in it, an axis has not.
    auto [glob, place] = pattern.rsplit('=');
    auto [axis, dimension] = place.split(':');
    int64_t number;
    if (glob.empty() || axis.empty() || dimension.getAsInteger(10, number))
      return emitError() << "shard pattern '" << pattern
                         << "' is not PATTERN=axis:dimension, as in "
                            "'*.query.weight=tp:0'";
    auto compiled = llvm::GlobPattern::create(glob);
    if (!compiled)
      return emitError() << "shard pattern '" << pattern << "' is no glob: "
                         << llvm::toString(compiled.takeError());
    auto axisName = StringAttr::get(context, axis);
    if (!mesh.contains(axisName)) {
      InFlightDiagnostic diagnostic = emitError() << "shard pattern '"
                                                  << pattern << "' names axis '"
                                                  << axis << "'; the mesh has ";
      llvm::interleaveComma(mesh.getAxes(), diagnostic);
      return failure();
    }
    patterns.push_back({pattern, std::move(*compiled), axisName, number});
  }
  return patterns;
}

} // namespace weft::dist
