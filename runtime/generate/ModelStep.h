//===- ModelStep.h - The step of a compiled model ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_MODELSTEP_H
#define RUNTIME_GENERATE_MODELSTEP_H

#include "runtime/generate/StepFunction.h"
#include "weft/Runtime.h"

namespace weft {

/// Calls the entry point that the artifact's LanguageModel names.
class ModelStep : public StepFunction {
public:
  /// `model` must outlive this. Fails on one that is no language model.
  static StatusOr<ModelStep> create(Model &model);

  const StepCapacity &capacity() const override { return limits; }
  StatusOr<std::span<const float>> run(const StepArguments &step) override;

  /// The model that this was made for has moved here.
  void moveTo(Model &place) { model = &place; }

  /// What each run is given.
  RunOptions options;

private:
  ModelStep(Model &model, const LanguageModel &description);

  Model *model;
  StepCapacity limits;
  std::optional<Tensor> logits; // of the most rows so far
};

} // namespace weft

#endif // RUNTIME_GENERATE_MODELSTEP_H
