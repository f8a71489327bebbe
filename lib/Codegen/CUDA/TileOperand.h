//===- TileOperand.h - Operands on their way to shared memory ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile of an operand has `rows` rows or columns of the result and `depth`
// terms. In shared memory it lies in one of two forms, in which neither writing
// nor reading has bank conflicts:
//
//   16 bits: [rows][depth], depth = 32. Of the four pieces of 16 bytes of row
//            r, piece p is at p ^ (r / 2 % 4), for ldmatrix.
//            Where columns lie side by side in memory, [depth][rows]: piece p
//            of term k is at p ^ (k % 8), or p ^ (k / 2 % 4) with 32 rows.
//   f32:     [depth][rows]. Row r of term k is at r ^ (8 * (k / 4 % 4)).
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_TILEOPERAND_H
#define LIB_CODEGEN_CUDA_TILEOPERAND_H

#include "lib/Codegen/CUDA/Number32.h"
#include "lib/Codegen/CUDA/Product.h"
#include "lib/Codegen/CUDA/TileShape.h"

namespace weft::cuda {

/// Bytes from the tile's start to element `row` of term `term` in the form
/// [depth][rows] of 16 bits.
Number32 offsetAlongRows(Number32 row, Number32 term, int64_t rows);

class TileOperand {
public:
  using Value = mlir::Value;
  using Values = CodeBuilder::Values;
  virtual ~TileOperand() = default;

  /// What is known before the loop over the depth. Emits for all threads.
  virtual void start() {}
  /// Loads the thread's part of the tile that starts at term `depth` (i64).
  /// Beyond the product's terms there are zeros, or anything where no term of
  /// the tile is one.
  virtual Values fetch(Value depth) { return {}; }
  /// Stores what `fetch` gave to the tile at `tile` in shared memory.
  virtual void put(mlir::ValueRange part, Value tile) {}
  /// Begins to copy the tile: instead of the two.
  virtual void copy(Value depth, Value tile) {}
  virtual bool isAsync() const { return false; }
};

/// Where the tile starts: rows of the left operand, columns of the right one.
struct TileOrigin {
  mlir::Value first;
  bool isLeft;
  /// The thread's number in its group, i32.
  mlir::Value thread;
};

/// Elements from the emitter: a prologue, a conversion, any sizes.
std::unique_ptr<TileOperand> makeElementOperand(ElementEmitter &emitter,
                                                const Product &product,
                                                const TileShape &shape,
                                                TileOrigin origin);
/// How a product's operands come to shared memory.
TileInputs tileInputsOf(ElementEmitter &emitter, const Product &product);

/// Elements of 16 bits that are copied as they lie in memory.
bool canCopy(ElementEmitter &emitter, const Product &product, bool isLeft);
std::unique_ptr<TileOperand> makeCopiedOperand(ElementEmitter &emitter,
                                               const Product &product,
                                               const TileShape &shape,
                                               TileOrigin origin);

/// Weights in blocks with 16 rows interleaved, of the formats that BlockReader
/// knows, widened to f16; else null.
std::unique_ptr<TileOperand> makeBlockOperand(ElementEmitter &emitter,
                                              const Product &product,
                                              const TileShape &shape,
                                              TileOrigin origin);

/// The sums of group `group` (i32) of a block. `compute(a, b, sums)` adds what
/// the tiles at `a` and `b` in shared memory give. When it returns, shared
/// memory is free.
CodeBuilder::Values emitTilePipeline(
    ElementEmitter &emitter, const Product &product, const TileShape &shape,
    mlir::Value shared, mlir::Value group, TileOperand &left,
    TileOperand &right, mlir::ValueRange sums,
    llvm::function_ref<CodeBuilder::Values(mlir::Value a, mlir::Value b,
                                           mlir::ValueRange sums)>
        compute);

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_TILEOPERAND_H
