//===- BlockPanel.h - Quantized rows, 16 side by side -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads panels of `!llm.block<format, 16>` in steps of 32 elements along the
// rows. This is all that kernels know of a format: what comes out is integers
// of at most 8 bits, and scales and minima of each row.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_BLOCKPANEL_H
#define LIB_CODEGEN_CPU_BLOCKPANEL_H

#include "lib/Codegen/CPU/CPUCodeBuilder.h"

#include "dialects/LLM/IR/BlockLayout.h"

#include <tuple>

namespace weft {

/// What is the same for all blocks of a format.
struct BlockTraits {
  /// Scales for each 32 elements.
  int64_t parts;
  /// Minima too.
  bool hasMinima;
  /// An element is (integer - zero) * scale + minimum; integers are in
  /// [0, greatest].
  int64_t zero, greatest;

  static BlockTraits of(BlockFormat format);
};

/// 32 elements of each of 16 rows.
struct BlockStep {
  using Values = llvm::SmallVector<mlir::Value, 8>;
  /// Eight vectors of 16 words: lane r of word j holds integers 4j to 4j + 3 of
  /// row r, the first in the low byte.
  Values words;
  /// For each part, 16 f32.
  Values scales, minima;
};

class BlockPanels {
public:
  /// Of a matrix at `base` whose rows have `depth` elements.
  BlockPanels(ElementEmitter &emitter, BlockFormat format, mlir::Value base,
              int64_t depth);

  const BlockTraits traits;
  /// Steps of 32 elements in a block.
  int64_t stepsPerBlock() const { return info.elements / 32; }
  int64_t blocksPerRow() const { return blocks; }
  /// Of a block of all rows.
  int64_t blockBytes() const { return CPUCodeBuilder::lanes * info.bytes; }
  /// The steps of a block, those that read the same bytes of quants next to
  /// each other, and how many these are.
  llvm::SmallVector<int64_t, 8> stepOrder() const;
  int64_t stepsTogether() const;
  mlir::Value panel(mlir::Value number);
  BlockStep read(mlir::Value panel, mlir::Value block, int64_t step);
  /// The numbers of a step: 32 vectors of 16 f32, the rows' elements k.
  llvm::SmallVector<mlir::Value, 32> toFloats(const BlockStep &step);
  /// The same as bf16: 16 vectors of 16 words, the numbers 2 i and 2 i + 1 of
  /// each row, the first in the low half.
  llvm::SmallVector<mlir::Value, 16> toPairs(const BlockStep &step);

private:
  using Value = mlir::Value;
  /// Where bytes [offset, ..) of a block's plane lie, of all rows.
  Value address(size_t plane, int64_t offset);
  Value words(size_t plane, int64_t number);
  Value bytes(size_t plane, int64_t number);
  Value halves(size_t plane, int64_t number);
  Value nibbles(Value words, bool high);
  /// The two bits at `shift` of every byte.
  Value pairs(Value words, int64_t shift);
  bool isTimes16(int64_t number) const;
  Value masked(Value words, int64_t shift, int64_t mask);
  Value fifthBits(Value bits, int64_t number);
  Value lookUp(Value words, llvm::ArrayRef<uint8_t> table);
  void readSmall(BlockStep &step);
  void readLarge(BlockStep &step, int64_t number);
  void readScales(BlockStep &step, int64_t number);

  ElementEmitter &emitter;
  CPUCodeBuilder &code;
  const BlockFormat format;
  const BlockFormatInfo &info;
  llvm::ArrayRef<BlockPlane> planes;
  Value base;
  int64_t blocks;
  /// Of the step being read.
  Value currentPanel, currentBlock;
};

} // namespace weft

#endif // LIB_CODEGEN_CPU_BLOCKPANEL_H
