//===- BlockReader.h - Quantized rows, 16 side by side ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads panels of `!llm.block<format, 16>`, of one row or of four rows that lie
// side by side: 4 or 16 bytes at a time. This is all that products know of a
// format. What comes out is words of four quants, a byte each.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_BLOCKREADER_H
#define LIB_CODEGEN_CUDA_BLOCKREADER_H

#include "dialects/LLM/IR/BlockLayout.h"
#include "lib/Codegen/CUDA/CUDACodeBuilder.h"
#include "lib/Codegen/CUDA/Number32.h"

namespace weft::cuda {

/// Four quants of each row: elements 4 * four to 4 * four + 3 of the 32
/// elements number `group` of a block.
struct BlockQuants {
  mlir::Value words; ///< i32, or four of them.
  Number32 group, four;
};

class BlockReader {
public:
  using Value = mlir::Value;

  static constexpr int64_t panelRows = 16;
  /// Whether a weight of this type is one that is read here: blocks of any
  /// format.
  static bool knows(mlir::Type type);

  /// Of a matrix at `base` whose rows have `depth` elements; `rows` is 1 or 4.
  BlockReader(CUDACodeBuilder &code, BlockFormat format, Value base,
              int64_t depth, int64_t rows);

  /// Goes to `row` (i32) and what follows of panel `panel` (i64).
  void moveTo(Value panel, Number32 row);
  int64_t numBlocks() const { return blocks; }
  /// Groups of 32 elements of a block.
  int64_t groups() const { return info.elements / 32; }

  /// What each word of a line holds: low and high nibbles, or pairs of bits,
  /// are apart. A line is lineWords() words that follow each other, a block has
  /// lines().
  int64_t lineWords() const;
  int64_t lines() const;
  llvm::SmallVector<BlockQuants, 4> readLine(Number32 block, Number32 line,
                                             Number32 word);
  /// The quants of any place.
  BlockQuants read(Number32 block, Number32 group, Number32 four);
  /// An element is (quant - zero()) * scale + minimum, in f32; the minimum is
  /// null where a format has none.
  int64_t zero() const;
  Value scale(Number32 block, const BlockQuants &quants);
  Value minimum(Number32 block, const BlockQuants &quants);
  /// The numbers quant - zero() of a word (i32), as f16: quants 0 and 2, then 1
  /// and 3.
  std::pair<Value, Value> toHalves(Value word);

private:
  Value load(mlir::Type element, size_t plane, Number32 block, Number32 unit);
  Value words(size_t plane, Number32 block, Number32 number);
  Value bytes(size_t plane, Number32 block, Number32 number, bool isSigned);
  Value halves(size_t plane, Number32 block, int64_t number);
  mlir::Type typeOf(mlir::Type element) const;
  Value shifted(Value words, Number32 shift);
  Value masked(Value words, int64_t mask);
  Value combined(Value low, Value high, int64_t shift);
  BlockQuants withFifthBits(Number32 block, BlockQuants quants);
  /// Bytes of what nibbles stand for, 128 above it.
  Value levelsOf(Value nibbles);
  /// Two bits of each element of q2_k and q3_k.
  Value pairs(Number32 block, Number32 group, Number32 four);
  /// With the third bits of q3_k.
  BlockQuants withThirdBits(Number32 block, BlockQuants quants);
  /// A scale or a minimum of q4_k and q5_k.
  Value sixBits(Number32 block, Number32 group, bool minimum);
  /// The scale of q3_k, and the byte of both of q2_k; of 16 elements.
  Value scaleOfQ3(Number32 block, Number32 part);
  Value scalesOfQ2(Number32 block, const BlockQuants &quants);
  Value powerOfTwo(Value exponent);
  Value scaled(Value factor, Value integers);

  CUDACodeBuilder &code;
  const BlockFormat format;
  const BlockFormatInfo &info;
  llvm::ArrayRef<BlockPlane> planes;
  Value base, panelBase;
  const int64_t blocks, rows;
  std::optional<Number32> row;
};

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_BLOCKREADER_H
