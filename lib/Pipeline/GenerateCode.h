//===- GenerateCode.h - From kernel functions to machine code --*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PIPELINE_GENERATECODE_H
#define LIB_PIPELINE_GENERATECODE_H

#include "lib/Codegen/CPU/CodegenCPU.h"
#include "lib/Codegen/CUDA/CodegenCUDA.h"

#include "mlir/IR/BuiltinOps.h"

#include <variant>

namespace weft {

/// What a stage runs on.
using CodeTarget = std::variant<CPUTarget, CUDATarget>;

struct GeneratedCode {
  /// Target, arch, kernels and the names of the code's files.
  artifact::Stage stage;
  /// What is in each of `stage.code_files`.
  std::vector<std::string> files;
  /// Functions that compute weights; empty when there are none.
  CompiledKernels initializers;
};

/// Compiles the kernels that the module's programs launch, and the initializers
/// of the weights that they use. Each kernel's function gives way to an
/// `exec.kernel` that says what launches must know.
mlir::FailureOr<GeneratedCode> generateCode(mlir::ModuleOp module,
                                            const CodeTarget &target);

} // namespace weft

#endif // LIB_PIPELINE_GENERATECODE_H
