//===- WeightStore.h - Weights of a model, as numbers -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_WEIGHTSTORE_H
#define LIB_REFERENCE_WEIGHTSTORE_H

#include "lib/Reference/BindSizes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"
#include <list>
#include <memory>

namespace weft {

/// The weights that a weight is computed from; null for names of none.
llvm::SmallVector<WeightOp> sourcesOf(WeightOp weight);

/// Reads weights from their files and keeps them, so that the evaluations
/// before and after each pass read each of them once. Tensors are known by the
/// bytes they come from: passes may rename or copy `llm.weight` ops.
class WeightStore {
public:
  /// Shared because an evaluation borrows tensors instead of copying them.
  using Tensor = std::shared_ptr<HostTensor>;
  using Compute = llvm::function_ref<mlir::FailureOr<HostTensor>()>;

  /// Relative file names are below `directory`; tensors are kept while they
  /// take no more than `budget` bytes together.
  explicit WeightStore(std::string directory = "", uint64_t budget = uint64_t(4)
                                                                     << 30)
      : directory(std::move(directory)), budget(budget) {}

  /// What the tensor of a weight depends on: the bytes it lies in, or its
  /// initializer, the keys of its sources and those coordinates of the rank
  /// that initializers use.
  static mlir::FailureOr<std::string> keyOf(WeightOp weight,
                                            const SizeBinding &rank = {});
  /// The tensor of a weight that lies in a file, or failure with a diagnostic.
  mlir::FailureOr<Tensor> read(WeightOp weight);
  /// The tensor under `key`, computed unless it is known.
  mlir::FailureOr<Tensor> compute(llvm::StringRef key, Compute compute);

private:
  Tensor keep(llvm::StringRef key, HostTensor tensor);

  std::string directory;
  uint64_t budget;
  uint64_t held = 0;
  llvm::StringMap<Tensor> tensors;
  /// Keys of `tensors`, oldest first.
  std::list<std::string> order;
};

} // namespace weft

#endif // LIB_REFERENCE_WEIGHTSTORE_H
