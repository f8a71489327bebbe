//===- PagedSequences.h - Where the tokens of a step belong -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The tokens of a step lie one sequence after another. A kernel's items are
// tiles of at most `height` tokens of one sequence; how many there are only the
// data say, so that an item looks for its own:
//
//   sequence_start = [0, 5, 6], height 2:  tiles [0, 2) [2, 4) [4, 5) [5, 6)
//
// Tokens before the first sequence and after the last one have tiles too.
// Whatever the tables hold, tiles lie within the tokens, positions within the
// table and blocks within the pool. What does not fit raises the error flag; it
// is read from somewhere in the pool, and written nowhere.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_PAGEDSEQUENCES_H
#define LIB_CODEGEN_COMMON_PAGEDSEQUENCES_H

#include "dialects/LLM/IR/AttentionParts.h"
#include "lib/Codegen/Common/ElementEmitter.h"

namespace weft {

/// An element of a table of integers as i64.
mlir::Value loadNumber(ElementEmitter &emitter, mlir::Value table,
                       llvm::ArrayRef<mlir::Value> index);

class PagedSequences {
public:
  using Value = mlir::Value;

  /// `blockSize`: positions of a block.
  PagedSequences(ElementEmitter &emitter, Value positions, Value sequenceStart,
                 Value blockTable, int64_t blockSize)
      : emitter(emitter), code(emitter.code), positions(positions),
        sequenceStart(sequenceStart), blockTable(blockTable),
        blockSize(blockSize), tokens(emitter.sizesOf(positions)[0]),
        sequences(emitter.sizesOf(blockTable)[0]),
        tableWidth(emitter.sizesOf(blockTable)[1]) {}

  /// No mixture of sequences has more tiles.
  SizeExpr countTiles(int64_t height) const;

  struct Tile {
    Value sequence; ///< In [0, S), also where the tokens belong to none.
    Value isInside; ///< The tokens belong to it.
    Value firstToken, endToken;
  };
  /// The tile of that number; where there is none, within the tables all the
  /// same.
  struct FoundTile {
    Value exists;
    Tile tile;
  };
  FoundTile findTile(Value number, int64_t height);
  /// Runs `body` for the tile of that number, if there is one.
  void forTile(Value number, int64_t height,
               llvm::function_ref<void(const Tile &)> body);

  /// A sequence has one token in this step.
  Value isAlone(Value sequence);

  /// Runs `body` with the block of a pool of `blocks` and the slot in it that
  /// are a token's place, if the table and the pool have them.
  void forPlace(Value sequence, Value token, Value blocks,
                llvm::function_ref<void(Value block, Value slot)> body);
  /// Keys that the cache has of a tile's sequence.
  Value keyCount(PagedAttention op, const Tile &tile);
  /// Of `keyCount` keys, those that a token's query sees: from `first` on,
  /// below `end`.
  struct Keys {
    Value first, end;
  };
  Keys seenKeys(PagedAttention op, Value token, Value keyCount);
  /// Positions that the table has room for.
  Value capacity() { return code.size(tableWidth * blockSize); }
  /// The block of a pool of `blocks` that holds the positions from
  /// `index * blockSize` on.
  Value block(Value sequence, Value index, Value blocks);
  Value load(Value table, llvm::ArrayRef<Value> index) {
    return loadNumber(emitter, table, index);
  }

private:
  /// Runs `body` if `number` is in [0, size).
  void ifInside(Value number, Value size, llvm::function_ref<void()> body);

  ElementEmitter &emitter;
  CodeBuilder &code;
  Value positions, sequenceStart, blockTable;
  int64_t blockSize;
  SizeExpr tokens, sequences, tableWidth;
};

} // namespace weft

#endif // LIB_CODEGEN_COMMON_PAGEDSEQUENCES_H
