//===- DrawStep.h - A step of a language model to test with ----*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_DRAWSTEP_H
#define LIB_REFERENCE_DRAWSTEP_H

#include "dialects/LLM/IR/HostTensor.h"
#include "lib/Reference/BindSizes.h"

#include <random>

namespace weft {

/// Binds the sizes of a language model's step (dialects/LLM/IR/LanguageModel.h)
/// that are free: several sequences, at least one token of each. Does nothing
/// for another function.
void drawStepSizes(mlir::func::FuncOp function, SizeAnalysis &sizes,
                   SizeBinding &binding);

/// Makes the inputs of a language model's step fit together: sequences of
/// neighbouring positions, some with a past, on blocks of their own. Tokens and
/// rows of logits stay as they are. Does nothing for another function.
mlir::LogicalResult drawStep(mlir::func::FuncOp function,
                             std::mt19937_64 &engine,
                             llvm::MutableArrayRef<HostTensor> inputs);

} // namespace weft

#endif // LIB_REFERENCE_DRAWSTEP_H
