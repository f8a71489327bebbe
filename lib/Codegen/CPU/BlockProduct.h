//===- BlockProduct.h - Products with quantized weights ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The ways to multiply rows with panels of `!llm.block<format, 16>`. A way
// first brings a block of rows to scratch in the form that it likes, once for
// all panels that a worker has, and then computes sums for groups of panels.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_BLOCKPRODUCT_H
#define LIB_CODEGEN_CPU_BLOCKPRODUCT_H

#include "lib/Codegen/CPU/QuantizedRows.h"

namespace weft {

/// What a way may use.
struct BlockProduct {
  using Value = mlir::Value;
  ElementEmitter &emitter;
  BlockFormat format;
  /// The packed weight.
  Value weight;
  int64_t depth, columns;
  SizeExpr rows;
  /// Panels of a group.
  int64_t groupSize;
  int64_t numPanels() const {
    return llvm::divideCeil(uint64_t(columns), CPUCodeBuilder::lanes);
  }
  /// Emits `loop` for a row of the input. What a row needs once, like the mean
  /// of its squares, goes before it.
  std::function<void(Value row, llvm::function_ref<void()> loop)> forRow;
  /// In a loop of forRow: 16 f32 of the row.
  std::function<Value(Value column)> input;
};

/// Panels that are computed one after the other or together.
struct PanelGroup {
  mlir::Value size;
  /// The number of panel i < size among all of the product.
  std::function<mlir::Value(mlir::Value i)> number;
  /// The number of the panel at this place of the group that a worker computes
  /// next; of the last group, this panel's own.
  std::function<mlir::Value(mlir::Value i)> next;
};

/// Takes sums that lie in memory, of `panels` panels of a group from
/// `firstPanel` on.
using TakeSums = llvm::function_ref<void(
    mlir::Value base, int64_t rowStride, mlir::Value firstRow, mlir::Value rows,
    mlir::Value firstPanel, mlir::Value panels)>;

class BlockProductWay {
public:
  using Value = mlir::Value;
  explicit BlockProductWay(const BlockProduct &product)
      : product(product), emitter(product.emitter),
        code(codeOf(product.emitter)) {}
  virtual ~BlockProductWay() = default;

  /// Panels of one group lie apart, so that memory is read in several streams.
  /// If this is more than 1, so many groups come as one, and its panels are
  /// neighbours.
  virtual int64_t groupsTogether() const { return 1; }
  /// Of a block of at most `rows` rows.
  virtual SizeExpr scratchBytes(const SizeExpr &rows) const = 0;
  virtual void setScratch(Value address) = 0;
  /// Brings rows [first, first + count) of the input to scratch.
  virtual void stage(Value first, Value count) = 0;
  /// Sums of the `count` staged rows with a group of panels; rows are counted
  /// from the first staged one, panels from the group's first.
  virtual void compute(Value count, const PanelGroup &group, TakeSums take) = 0;

protected:
  const BlockProduct &product;
  ElementEmitter &emitter;
  CPUCodeBuilder &code;
};

/// Integer dot products of activations in bytes, for any number of rows.
std::unique_ptr<BlockProductWay>
makeIntegerProduct(const BlockProduct &product);
/// AMX: tiles of bf16, for many rows.
std::unique_ptr<BlockProductWay> makeTileProduct(const BlockProduct &product);
/// Weights widened to f32 in scratch: without rounded activations.
std::unique_ptr<BlockProductWay>
makeWidenedProduct(const BlockProduct &product);

} // namespace weft

#endif // LIB_CODEGEN_CPU_BLOCKPRODUCT_H
