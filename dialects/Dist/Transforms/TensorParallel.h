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

/// A linear layer, or one whose rows choose among experts: the rows of its
/// weight are the columns of its result.
class DenseLayer {
public:
  /// None for any other op, and for a weight packed for kernels.
  static std::optional<DenseLayer> of(mlir::Operation *op);

  mlir::Operation *getOperation() const { return op; }
  mlir::Value getWeight() const { return op->getOperand(1); }
  mlir::OpOperand &getWeightMutable() const { return op->getOpOperand(1); }
  mlir::Value getResult() const { return op->getResult(0); }
  /// The dimensions of the weight that its columns and its rows are.
  int64_t getColumnDimension() const { return mlir::isa<LinearOp>(op) ? 0 : 1; }
  int64_t getRowDimension() const { return getColumnDimension() + 1; }
  /// The last dimension of the result, and of the input.
  int64_t getLastDimension(mlir::Value value) const {
    return mlir::cast<mlir::RankedTensorType>(value.getType()).getRank() - 1;
  }
  int64_t getNumColumns() const {
    auto type = mlir::cast<mlir::RankedTensorType>(getResult().getType());
    return type.getShape().back();
  }
  bool operator==(const DenseLayer &other) const { return op == other.op; }

private:
  explicit DenseLayer(mlir::Operation *op) : op(op) {}
  mlir::Operation *op;
};

/// How far a cut of a linear layer's output reaches.
struct ColumnSplit {
  /// Columns that stay together: a head where heads follow.
  int64_t granule = 1;
  /// The layers that sum the columns away.
  struct End {
    DenseLayer layer;
    /// Of the dimension that it sums.
    int64_t granule;
  };
  llvm::SmallVector<End> ends;
};

/// None where the cut reaches something that needs all columns: a norm, a
/// function's result, a layer without a weight of its own.
std::optional<ColumnSplit> followColumns(DenseLayer layer, SizeAnalysis &sizes,
                                         const Mesh &mesh);

/// The last layer of a language model: its result leaves the function, through
/// ops on each element alone, and has as many columns as a vocabulary, which
/// makes it the largest layer. Gathering it costs less than computing it.
bool isVocabularyLayer(DenseLayer layer);

} // namespace weft::dist

#endif // DIALECTS_DIST_TRANSFORMS_TENSORPARALLEL_H
