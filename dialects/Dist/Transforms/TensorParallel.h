//===- TensorParallel.h - Which layers can share their columns --*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Megatron's layout (Shoeybi et al., 2019), found in the program: a linear
// layer whose output is cut in columns needs no communication as long as the
// ops behind it pass the cut dimension on, and one all_reduce where the next
// linear layers sum it away.
//
//   q = linear x, Wq; ... a = attention q, k, v; o = linear a, Wo
//   // Wq: columns (dimension 0) in whole heads; ends: Wo, rows (dimension 1)
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_TRANSFORMS_TENSORPARALLEL_H
#define DIALECTS_DIST_TRANSFORMS_TENSORPARALLEL_H

#include "dialects/Dist/IR/Mesh.h"
#include "dialects/LLM/Analysis/SizeAnalysis.h"

namespace weft::dist {

/// How far a cut of a linear layer's output reaches.
struct ColumnSplit {
  /// Columns that stay together: a head where heads follow.
  int64_t granule = 1;
  /// The linear layers that sum the columns away.
  struct End {
    LinearOp linear;
    /// Of the dimension that it sums.
    int64_t granule;
  };
  llvm::SmallVector<End> ends;
};

/// None where the cut reaches something that needs all columns: a norm, a
/// function's result, a layer without a weight of its own.
std::optional<ColumnSplit> followColumns(LinearOp linear, SizeAnalysis &sizes,
                                         const Mesh &mesh);

/// The last layer of a language model: its result leaves the function, through
/// ops on each element alone, and has as many columns as a vocabulary, which
/// makes it the largest layer. Gathering it costs less than computing it.
bool isVocabularyLayer(LinearOp linear);

} // namespace weft::dist

#endif // DIALECTS_DIST_TRANSFORMS_TENSORPARALLEL_H
