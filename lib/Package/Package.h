//===- Package.h - Writing the compiled artifact ---------------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PACKAGE_PACKAGE_H
#define LIB_PACKAGE_PACKAGE_H

#include "lib/Codegen/CPU/CodegenCPU.h"
#include "weft/Status.h"

#include "mlir/IR/BuiltinOps.h"

#include <map>

namespace weft {

/// What an artifact of one stage is made of.
struct PackageInput {
  /// `exec.program` ops, `llm.size`, `llm.weight`.
  mlir::ModuleOp module;
  /// Target, arch, kernels and the names of the code's files.
  const artifact::Stage &stage;
  /// What is in each of `stage.code_files`.
  const std::vector<std::string> &codeFiles;
  /// Functions that compute weights; empty when there are none.
  const CompiledKernels &initializers;
  std::string modelName;
  /// What the weights' files are relative to.
  std::string modelFolder;
  /// A language model's weft.artifact.Tokenizer, serialized; empty: none.
  std::string tokenizer;
  /// Those that decide what is built, for the manifest.
  std::map<std::string, std::string> options;
};

struct PackageOptions {
  std::string output;
  /// Bytes of weights in memory at once.
  uint64_t memoryBudget = uint64_t(2) << 30;
};

struct PackageReport {
  uint64_t weights = 0;
  uint64_t weightBytes = 0;
  uint64_t codeBytes = 0;
};

/// Writes the artifact to `options.output`: whole, or not at all. Fails with a
/// diagnostic or a Status.
StatusOr<PackageReport> writeArtifact(const PackageInput &input,
                                      const PackageOptions &options);

} // namespace weft

#endif // LIB_PACKAGE_PACKAGE_H
