//===- PartitionSummary.h - How a model was split, in three lines -*- C++ -*-=//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PIPELINE_PARTITIONSUMMARY_H
#define LIB_PIPELINE_PARTITIONSUMMARY_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace weft {

/// The mesh, the weights of a rank and the collectives of a module's programs,
/// a line each; empty for a module without a mesh.
std::string summarizePartition(mlir::ModuleOp module);

} // namespace weft

#endif // LIB_PIPELINE_PARTITIONSUMMARY_H
