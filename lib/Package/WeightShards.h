//===- WeightShards.h - Which file holds which part of a weight -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PACKAGE_WEIGHTSHARDS_H
#define LIB_PACKAGE_WEIGHTSHARDS_H

#include "dialects/Dist/IR/Mesh.h"
#include "dialects/LLM/IR/LLM.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <string>
#include <vector>

namespace weft {

/// A weight as some ranks read it.
struct WeightShard {
  WeightOp weight;
  int64_t bytes;
  /// The form in which kernels read it; empty for row-major.
  std::string layout;
  /// Values of the size parameters of its initializer.
  std::vector<int64_t> parameters;
  /// The ranks that read it, in order; empty for all.
  std::vector<uint32_t> ranks;
};

/// The weights that programs use, in the order of their first use, by the file
/// that holds them: "weights/common.safetensors" for those that are the same
/// on all ranks, "weights/dp0-tp1.safetensors" for those that depend on the
/// coordinates on these axes. `mesh` has no axes when there is one device.
std::map<std::string, std::vector<WeightShard>>
collectWeightShards(mlir::ModuleOp module, const dist::Mesh &mesh);

} // namespace weft

#endif // LIB_PACKAGE_WEIGHTSHARDS_H
