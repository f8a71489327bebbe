//===- OutlineKernels.h - Bodies of kernels as functions -------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CONVERSION_LLMTOEXEC_OUTLINEKERNELS_H
#define LIB_CONVERSION_LLMTOEXEC_OUTLINEKERNELS_H

#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "dialects/LLM/IR/LLM.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace weft {

/// What a launch says of a kernel.
struct OutlinedKernel {
  mlir::func::FuncOp function;
  /// Values of the function's parameters s0, s1, ...
  Sizes sizes;
};

/// Moves bodies of `llm.kernel` into private functions of a module, one for
/// equal bodies.
class KernelOutliner {
public:
  KernelOutliner(mlir::ModuleOp module, SizeAnalysis &sizes)
      : symbols(module), sizes(sizes) {}

  /// Takes the kernel's body away; the op itself stays.
  OutlinedKernel outline(KernelOp kernel);

private:
  mlir::SymbolTable symbols;
  SizeAnalysis &sizes;
  /// By the function's text without its name.
  llvm::StringMap<mlir::func::FuncOp> functions;
  /// How many functions have a stem.
  llvm::StringMap<unsigned> stems;
};

} // namespace weft

#endif // LIB_CONVERSION_LLMTOEXEC_OUTLINEKERNELS_H
