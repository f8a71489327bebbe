//===- RowProduct.h - Products of few rows ----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// With few rows, as in decoding, a product takes as long as its weights take to
// come from memory. A warp reads them in order, 16 bytes a lane, and sums go
// from lane to lane at the end.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_ROWPRODUCT_H
#define LIB_CODEGEN_CUDA_ROWPRODUCT_H

#include "lib/Codegen/CUDA/Family.h"
#include "lib/Codegen/CUDA/Product.h"

namespace weft::cuda {

/// Up to so many rows, tiles would be slower: the weights are read again for
/// each row, from the second cache.
constexpr int64_t fewRows = 4;
/// Threads of a block of a kernel of its own.
constexpr int64_t fewThreads = 128;

class RowProduct {
public:
  using Value = mlir::Value;
  using Values = CodeBuilder::Values;

  /// For a weight that lies row by row, or in blocks of any kind.
  static std::unique_ptr<RowProduct> make(ElementEmitter &emitter,
                                          const KernelOutput &output,
                                          const Product &product);
  virtual ~RowProduct() = default;

  /// The columns that a block computes.
  virtual int64_t blockColumns() const = 0;
  /// So many blocks of fewThreads threads that run side by side have enough of
  /// the weights under way.
  virtual int64_t blocksTogether() const { return 4; }
  /// Bytes of shared memory that are needed.
  virtual int64_t sharedBytes() const { return inputBytes(); }
  /// All rows, for the columns from `firstColumn` (i64) on. Emits for all
  /// threads.
  void emit(Value shared, Value firstColumn);

protected:
  RowProduct(ElementEmitter &emitter, const KernelOutput &output,
             const Product &product)
      : emitter(emitter), code(cudaCodeOf(emitter)), output(output),
        product(product) {}

  /// The columns of one row; `input` gives `lanes` f32 of it.
  virtual void emitRow(Value row, Value firstColumn) = 0;
  /// `count` elements of the row from term `depth` on, f32.
  Value input(Value depth, int64_t count);
  /// The sum of all lanes of a warp, in each of them.
  Value sumOfWarp(Value value);
  /// Of a vector's elements.
  Value sumOfVector(Value value);
  /// Stores the output of a column, unless it is beyond the last.
  void store(Value row, Value column, Value isOurs, Value sum);

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const KernelOutput &output;
  const Product &product;
  Value shared;

private:
  /// Rows that are computed, not read, are computed once by all threads of the
  /// block, where they find room in shared memory.
  bool staysInShared() const;
  int64_t inputBytes() const;
  void bringInput(Value row);

  LaneIndices inputIndex;
};

/// For weights in blocks with 16 rows interleaved, of the formats that
/// BlockReader knows; else null.
std::unique_ptr<RowProduct> makeBlockRowProduct(ElementEmitter &emitter,
                                                const KernelOutput &output,
                                                const Product &product);

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_ROWPRODUCT_H
