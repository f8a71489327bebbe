//===- IndexForm.h - Integers that count along dimensions -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exporters compute positions, and then gather by them, with ops on data:
//
//   %0 = llm.iota axis 0 to [batch, 1]
//   %1 = llm.mul %0, %length
//   %2 = llm.iota axis 1 to [1, sequence]
//   %3 = llm.add %1, %2           // element [b, s] is sequence * b + s
//
// The form of %3 is {0, [sequence, 1]}: a constant and a factor for each index.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_INDEXFORM_H
#define DIALECTS_LLM_TRANSFORMS_INDEXFORM_H

#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "dialects/LLM/IR/LLM.h"

#include <optional>

namespace weft {

/// Element [i0, i1, ...] is constant + factors[0] * i0 + factors[1] * i1 + ...
/// The factor of a dimension of size 1 is 0.
struct IndexForm {
  SizeExpr constant;
  Sizes factors;

  /// The form of an integer tensor, if it has one.
  static std::optional<IndexForm> of(mlir::Value value, SizeAnalysis &sizes);

  /// Proof that no element is below `bound`; false means "not proved".
  bool isAtLeast(int64_t bound, const Sizes &shape,
                 const SizeSymbols &symbols) const;
};

} // namespace weft

#endif // DIALECTS_LLM_TRANSFORMS_INDEXFORM_H
