//===- AlignedViews.h - The caller's tensors, aligned -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_EXECUTOR_ALIGNEDVIEWS_H
#define RUNTIME_EXECUTOR_ALIGNEDVIEWS_H

#include "runtime/device/Buffer.h"
#include "weft/Runtime.h"

namespace weft {

/// The caller's tensors where all ranks can use them together: in place on a
/// multiple of 64 bytes, otherwise in memory that is kept for the next run.
class AlignedViews {
public:
  /// Takes tensors whose shapes were checked; inputs are copied where needed.
  Status take(std::span<const TensorView> inputs,
              std::span<const MutableTensorView> outputs);
  std::span<const TensorView> inputs() const { return inputViews; }
  std::span<const MutableTensorView> outputs() const { return outputViews; }
  /// Copies outputs to where the caller wants them.
  void copyBack(std::span<const MutableTensorView> outputs) const;

private:
  StatusOr<void *> place(size_t slot, const void *data, uint64_t bytes);

  std::vector<TensorView> inputViews;
  std::vector<MutableTensorView> outputViews;
  std::vector<std::unique_ptr<Buffer>> copies; // of inputs, then outputs
};

} // namespace weft

#endif // RUNTIME_EXECUTOR_ALIGNEDVIEWS_H
