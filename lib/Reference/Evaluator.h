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
// A function in local form (see the dist dialect) is evaluated for all ranks of
// the mesh in lock step: each has its own values and its own coordinates.
//
// The states of a module are zero at first and kept between evaluations, so
// that the steps of a language model can be evaluated one after the other.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_EVALUATOR_H
#define LIB_REFERENCE_EVALUATOR_H

#include "lib/Reference/Shards.h"

namespace weft {

class Evaluator {
public:
  /// With `roundToTypes`, every value is rounded to its element type, as
  /// folding needs.
  explicit Evaluator(WeightStore &weights, bool roundToTypes = false)
      : weights(weights), roundToTypes(roundToTypes) {}

  /// Called with each value of the function and of its kernels, once it is
  /// known: one tensor for each rank, or one alone in the global form.
  using Observer = llvm::function_ref<void(
      mlir::Value value, llvm::ArrayRef<WeightStore::Tensor> shards)>;

  /// The results of the function, or failure with a diagnostic. Values are
  /// freed after their last use. Every shape is checked against the sizes that
  /// SizeAnalysis derives. Inputs and results are whole in both forms: shards
  /// are put together, and ranks that hold the same shard must agree.
  mlir::FailureOr<llvm::SmallVector<HostTensor>>
  evaluate(mlir::func::FuncOp function, llvm::ArrayRef<HostTensor> inputs,
           Observer observer = {});

  /// The tensor of a weight, from its file or through its initializer, which
  /// may use the coordinates in `rank`.
  mlir::FailureOr<WeightStore::Tensor> load(WeightOp weight,
                                            const SizeBinding &rank = {});

  /// The value of a state on each of `numRanks` ranks; zeros before the first
  /// store.
  Shards loadState(StateOp state, size_t numRanks) const;
  void storeState(llvm::StringRef name, Shards value) {
    states[name] = std::move(value);
  }
  /// Makes all states zero again.
  void clearStates() { states.clear(); }

private:
  using Tensors = llvm::SmallVector<WeightStore::Tensor>;
  /// Each result on each of `ranks`, which are given by their coordinates.
  mlir::FailureOr<llvm::SmallVector<Shards>>
  run(mlir::func::FuncOp function, Tensors inputs,
      llvm::ArrayRef<SizeBinding> ranks, Observer observer);

  WeightStore &weights;
  bool roundToTypes;
  llvm::StringMap<Shards> states;
};

} // namespace weft

#endif // LIB_REFERENCE_EVALUATOR_H
