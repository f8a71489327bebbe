//===- VerifyPasses.h - Numbers checked pass by pass ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   PassManager pm(module->getName());
//   buildPipeline(pm, options);
//   installVerification(pm, {.weightDirectory = directory});
//   if (failed(pm.run(module))) ...
//
// evaluates every public function of llm ops before the pipeline and after each
// pass, on the same inputs, and stops at the first pass that changes a result:
//
//   error: pass `llm-fuse-gelu` changed the results of `encode`: op llm.gelu
//   gives 0.841 at [0, 3] where 0.159 was expected
//
// A function in local form is evaluated on all ranks of the mesh, and what they
// hold together is compared: sharded with unsharded.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_VERIFYPASSES_H
#define LIB_REFERENCE_VERIFYPASSES_H

#include "mlir/Pass/PassManager.h"

#include <string>

namespace weft {

struct VerifyOptions {
  /// A float may differ from the expected one by
  /// `tolerance * (1 + |expected|)`. Evaluation is in double: a pass that only
  /// reorders sums stays many orders below the default.
  double tolerance = 1e-5;
  /// Inputs are drawn by this seed; see DrawInputs.h.
  uint64_t seed = 0;
  /// Relative names of weight files start here.
  std::string weightDirectory;
};

/// A pass that lowers precision has a tolerance of its own
/// (LoweredPrecision.h). A remark says how far it moved each result; the passes
/// behind it are compared with what it gave.
///
/// Call once, after all passes were added. Switches multithreading off. A
/// function is checked for as long as it consists of llm ops; after a failure
/// the remaining passes are skipped and the pass manager fails.
void installVerification(mlir::PassManager &pm, VerifyOptions options);

} // namespace weft

#endif // LIB_REFERENCE_VERIFYPASSES_H
