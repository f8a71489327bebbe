//===- MicroKernel.h - Products of register tiles ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one inner loop of matrix products: `rows` rows of A times `panels` panels
// of 16 columns of B, all sums in registers. A is read where it lies, row by
// row: a row of f32 is a stream that prefetchers follow, and no copy of A costs
// less than a fast one.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_MICROKERNEL_H
#define LIB_CODEGEN_CPU_MICROKERNEL_H

#include "lib/Codegen/CPU/CPUCodeBuilder.h"

namespace weft {

/// The greatest tile that an instruction set's registers hold.
struct TileShape {
  int64_t maximumRows;
  /// Panels for a tile of so many rows: few rows leave registers for more.
  llvm::SmallVector<int64_t> panels; // by rows - 1

  static TileShape of(const CPUTarget &target);
  /// For rows that lie in memory and so many panels (none: unknown). Fewer rows
  /// with more panels wait less for the rows: each is another stream, and where
  /// they are a multiple of 4 KiB apart all take the same 8 or 12 lines of the
  /// first cache.
  static TileShape ofColumns(const CPUTarget &target,
                             std::optional<int64_t> panels);
  int64_t panelsFor(int64_t rows) const { return panels[rows - 1]; }
  /// The same for a number that only the kernel knows.
  mlir::Value panelsFor(CPUCodeBuilder &code, mlir::Value rows) const;
  int64_t maximumPanels() const { return panels.front(); }
};

struct MicroKernel {
  using Value = mlir::Value;
  int64_t rows, panels;
  /// Element (row, k) of A, f32, is at a + row * rowStride + k.
  Value a, rowStride;
  /// Element (k, j) of panel p is at b[p] + k * depthStride + j; a float or a
  /// signed integer.
  llvm::SmallVector<Value> b;
  mlir::Type bElement;
  Value depthStride;
  /// Columns of each panel that exist (null: all).
  llvm::SmallVector<Value> masks;
  Value depth;
  /// Where the sums go: row r of panel p at result + r * resultStride + 16 * p.
  Value result, resultStride;
  /// Where each row's factor of what `result` holds lies (null: it holds
  /// nothing yet).
  Value growth;
  /// Factors of each panel's sums (none: 1); then the sums may be added to what
  /// `result` holds.
  llvm::SmallVector<Value> scales;
  bool isAdded = false;
  /// Terms of a turn of the loop.
  int64_t unroll = 1;
  /// How far ahead of k to prefetch panels; 0 for data that are near.
  int64_t prefetchAhead = 0;
  /// Other data to prefetch (null: none): of term k those of `otherBytes` at
  /// other + k * otherStride.
  Value other;
  int64_t otherStride = 0, otherBytes = 0;
  /// What a later product reads, to prefetch into the second cache (null:
  /// none): with term k the line at later + k * laterStride, in bytes.
  Value later, laterStride;
  /// Terms between two of those lines; `unroll` is a multiple.
  int64_t laterStep = 1;
};

void emitMicroKernel(ElementEmitter &emitter, const MicroKernel &kernel);

/// Cuts `count` rows into tiles of nearly equal height: 8 rows are 4 and 4, not
/// 6 and 2.
void forEachRowTile(
    ElementEmitter &emitter, const TileShape &shape, mlir::Value count,
    llvm::function_ref<void(mlir::Value firstRow, mlir::Value rows)> body);

} // namespace weft

#endif // LIB_CODEGEN_CPU_MICROKERNEL_H
