//===- Evaluator.h - The meaning of llm programs ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Evaluates functions op by op, for clarity and never for speed: floats in
// double, integers exactly at their width. The oracle of tests and of --verify.
//
//   WeightStore weights(modelDirectory);
//   Evaluator evaluator(weights);
//   FailureOr<SmallVector<HostTensor>> results =
//       evaluator.evaluate(function, inputs);
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_EVALUATOR_H
#define LIB_REFERENCE_EVALUATOR_H

#include "lib/Reference/BindSizes.h"
#include "lib/Reference/WeightStore.h"

namespace weft {

class Evaluator {
public:
  /// With `roundToTypes`, every value is rounded to its element type, as
  /// folding needs.
  explicit Evaluator(WeightStore &weights, bool roundToTypes = false)
      : weights(weights), roundToTypes(roundToTypes) {}

  /// Called with each value of the function and of its kernels, once it is
  /// known.
  using Observer =
      llvm::function_ref<void(mlir::Value value, const HostTensor &tensor)>;

  /// The results of the function, or failure with a diagnostic. Values are
  /// freed after their last use. Every shape is checked against the sizes that
  /// SizeAnalysis derives.
  mlir::FailureOr<llvm::SmallVector<HostTensor>>
  evaluate(mlir::func::FuncOp function, llvm::ArrayRef<HostTensor> inputs,
           Observer observer = {});

  /// The tensor of a weight, from its file or through its initializer.
  mlir::FailureOr<WeightStore::Tensor> load(WeightOp weight);

private:
  using Tensors = llvm::SmallVector<WeightStore::Tensor>;
  mlir::FailureOr<Tensors> run(mlir::func::FuncOp function, Tensors inputs,
                               Observer observer);

  WeightStore &weights;
  bool roundToTypes;
};

} // namespace weft

#endif // LIB_REFERENCE_EVALUATOR_H
