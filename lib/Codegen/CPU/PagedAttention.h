//===- PagedAttention.h - Attention to paged caches -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One item is a tile of tokens of one sequence and one head of the cache. Its
// rows are the queries of all heads that share it: H / G a token, so that what
// is loaded of the cache serves all of them, in decoding as in a prompt. A
// block of keys lies transposed, and both products are those of MicroKernel.h:
//
//   for each block that the tile sees:
//     for each tile of rows in registers:
//       scores[row][j] = sum over d of Q[row][d] * K[d][j]
//       weights, and how much the greatest score grew: online softmax
//       O[row][e] = O[row][e] * growth[row] + sum over j of weights * V[j][e]
//   divide O by the sums, apply the epilogue
//
// With a span, an item of one token is a part of its keys; further parts of it
// are items of their own, whose rows lie behind those of the tokens.
//
// Few rows convert a narrow cache in registers; many convert each block once
// into scratch. Where products may round to bf16 and the target has a matrix
// unit, many rows and each block become its tiles instead.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_PAGEDATTENTION_H
#define LIB_CODEGEN_CPU_PAGEDATTENTION_H

#include "lib/Codegen/CPU/Family.h"
#include "lib/Codegen/CPU/MatrixUnit.h"
#include "lib/Codegen/CPU/MicroKernel.h"
#include "lib/Codegen/Common/PagedSequences.h"

namespace weft {

class PagedAttentionKernel {
public:
  using Value = mlir::Value;
  using Values = CPUCodeBuilder::Values;

  PagedAttentionKernel(ElementEmitter &emitter, const KernelOutput &output,
                       PagedAttention op);

  /// Emits the loop over items.
  Division emit();

private:
  static constexpr int64_t lanes = CPUCodeBuilder::lanes;
  /// Rows of an item, about: a multiple of every tile's height, or of the
  /// matrix unit's passes.
  static constexpr int64_t itemRows = 126, matrixItemRows = 128;
  /// Elements of q8_0 that share a scale.
  static constexpr int64_t scaled = 32;
  /// Rows of a pass of the matrix unit, in tiles of 16.
  static constexpr int64_t passTiles = 2,
                           passRows = passTiles * MatrixUnit::tileRows;

  /// Where an item's data lie in scratch, in elements of f32.
  struct Place {
    int64_t offset;
  };
  /// Positions [first, first + count) and where their keys and values lie.
  struct KeyBlock {
    Value first, count;
    Value keys, values;
    mlir::Type keyElement, valueElement;
    /// Of pools of q8_0 (null: none): rows of f16, one for each 32 elements of
    /// a head's row.
    Value keyScales, valueScales;
    int64_t valueStride;
    /// The keys that come next, where they are worth a prefetch.
    Value nextKeys;
  };
  /// The whole computation of an item.
  struct Item {
    PagedSequences::Tile tile;
    Value group, rows;
    /// With a span: which positions it looks at, and how far behind a token its
    /// row of the result lies.
    Value firstInPart, endOfPart, rowShift;
    Value firstKey, endKey; ///< What any row of it sees.
  };

  // PagedAttention.cpp
  Place allocate(int64_t size);
  Value pointer(Place place) { return element(code.scratch, place.offset); }
  Value element(Value base, Value index) {
    return code.address(base, code.f32(), index);
  }
  Value element(Value base, int64_t index) {
    return code.address(base, code.f32(), index);
  }
  void emitItem(Item item);
  /// `emit(index)` for the blocks that any row of the item sees.
  void forEachBlock(const Item &item, llvm::function_ref<void(Value)> emit);
  KeyBlock locate(const Item &item, Value index);
  void emitBlock(const Item &item, Value index);
  /// `body(token, head, row)` for the rows of an item.
  void forEachRow(const Item &item,
                  llvm::function_ref<void(Value, Value, Value)> body);

  // PagedAttentionParts.cpp
  /// The first `parts` numbers are those of parts beside the first.
  void emitPartOrTile(Item item, Value number, Value parts);
  /// A part beside the first: `number` counts those of all sequences.
  struct FoundItem {
    Value exists;
    Item item;
  };
  FoundItem findPart(Item item, Value number);
  /// All keys of a tile's tokens, or the first part of one that is alone in its
  /// sequence.
  FoundItem findTile(Item item, Value number);
  /// What an item that sees nothing leaves.
  void leaveOut(const Item &item);
  /// The logarithm of the sum of a row's exponentials, which is `sum` times 2
  /// to the power of `greatest`.
  void storeLogarithm(const Item &item, Value token, Value head, Value greatest,
                      Value sum);

  // PagedAttentionRows.cpp
  void packQuery(const Item &item);
  /// What each row sees goes to scratch, and what any sees to the item.
  void findKeys(Item &item);
  KeyBlock convert(const KeyBlock &block);
  /// f32 of 16 positions from `column` on, or of 16 elements of a position.
  Value readKeys(const KeyBlock &block, Value row, Value column);
  Value readValues(const KeyBlock &block, Value position, Value column,
                   Value mask);
  /// Scales of 16 positions.
  Value readScales(Value scales, Value group, Value position);
  void storeResult(const Item &item);
  /// `emit(first)` for vectors of a row of `width` elements; the last one may
  /// be masked.
  void forEachVectorOfRow(int64_t width, llvm::function_ref<void(Value)> emit);

  // PagedAttentionTiles.cpp
  void attend(const Item &item, const KeyBlock &block, const TileShape &shape);
  /// Calls `emit` with what any of the rows sees of a block, if they do: of a
  /// prompt's tile the upper rows don't see the last keys.
  void forSeenPart(const KeyBlock &block, Value first, Value rows,
                   llvm::function_ref<void(const KeyBlock &)> emit);
  /// Of the keys of a block that any of the tile's rows sees.
  void emitScores(const KeyBlock &block, const TileShape &shape, Value firstRow,
                  int64_t rows);
  /// Makes weights of a row's scores, `store(column, weights)` for each vector,
  /// and gives how much what was summed before counts now.
  Value emitWeights(const KeyBlock &block, Value row, Value scores,
                    llvm::function_ref<void(int64_t, Value)> store);
  void emitProduct(const KeyBlock &block, const TileShape &shape,
                   Value firstRow, int64_t rows);
  /// Weights of a vector of positions: with scales, times those of each 32
  /// columns of the values.
  void storeWeights(const KeyBlock &block, const TileShape &shape, Value row,
                    int64_t column, Value weights);

  // PagedAttentionMatrix.cpp
  void allocateMatrix();
  /// The item's blocks, if it has more than a few rows.
  void emitMatrixItem(const Item &item);
  void packQueryTiles(const Item &item);
  /// Keys and values of a block as tiles; values that nothing sees are 0.
  void packKeyTiles(const KeyBlock &block);
  void packValueTiles(const KeyBlock &block);
  void emitPass(const KeyBlock &block, Value firstRow, Value rows);
  Value tileAt(Place place, Value number) {
    return element(pointer(place),
                   code.mul(number, code.constant(MatrixUnit::tileBytes / 4)));
  }
  /// Tiles of 16 rows, `rowTiles` apart, and of panels.
  struct TileFactors {
    Value rows;
    int64_t rowTiles;
    Values panels;
  };
  /// The sum of some products of a pass's rows with as many panels each, all of
  /// `depth` tiles.
  void multiplyTiles(llvm::ArrayRef<TileFactors> products, Value depth,
                     Value result, int64_t resultStride, bool isAdded);

  ElementEmitter &emitter;
  CPUCodeBuilder &code;
  const KernelOutput &output;
  PagedAttention op;
  MemoryTensor keys, values;
  int64_t heads, groups, depth, width, blockSize;
  /// Heads that share one of the cache, and tokens of an item.
  int64_t share, itemTokens;
  /// `depth` and `width` in whole vectors.
  int64_t paddedDepth, paddedWidth;
  /// With a span: parts of each sequence beside the first.
  SizeExpr furtherParts = 0;
  /// Products of many rows are those of the matrix unit.
  bool usesMatrix;
  PagedSequences sequences;
  MatrixUnit matrix;

  int64_t scratchSize = 0;
  Place queryPlace, resultPlace, greatestPlace, sumPlace, firstKeyPlace,
      endKeyPlace, weightPlace, growthPlace, keyPlace, valuePlace;
  // Of the matrix unit.
  Place configurationPlace, queryTilePlace, keyTilePlace, valueTilePlace,
      scorePlace, weightTilePlace;
};

} // namespace weft

#endif // LIB_CODEGEN_CPU_PAGEDATTENTION_H
