//===- TileShape.h - Which tiles a product is cut into ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_TILESHAPE_H
#define LIB_CODEGEN_CUDA_TILESHAPE_H

#include "dialects/LLM/IR/Sizes.h"

namespace weft::cuda {

/// The rows of the lowest tiles, which only products of as few take.
constexpr int64_t lowRows = 16;

/// What a block computes, and how.
struct TileShape {
  int64_t rows, columns;
  /// Terms that lie in shared memory as one stage of the pipeline.
  int64_t depth;
  int64_t stages;
  int64_t threads;
  /// Warps of a group along the rows; the others are along the columns.
  int64_t rowWarps;
  /// Registers of a thread.
  int64_t registers;
  /// Groups of threads that share the terms: each has stages of its own and
  /// sums of all of the tile.
  int64_t groups = 1;

  int64_t groupThreads() const { return threads / groups; }
  /// Terms that all groups take in one turn.
  int64_t turnDepth() const { return groups * depth; }
  int64_t columnWarps() const { return groupThreads() / 32 / rowWarps; }
  int64_t warpRows() const { return rows / rowWarps; }
  int64_t warpColumns() const { return columns / columnWarps(); }
};

/// How the operands come to shared memory.
enum class TileInputs {
  Floats,      ///< f32, multiplied by fma.
  Halves,      ///< 16 bits, the left ones through registers.
  AsyncHalves, ///< 16 bits, both copied as they lie.
};

/// A shape, and what the model says of it.
struct TileChoice {
  TileShape shape;
  /// What the model took: those of a prompt where they are not known.
  int64_t rows;
  /// Blocks that a multiprocessor runs at once, and the part of the warps it
  /// could run that they have.
  int64_t blocksTogether;
  double occupancy;
  /// At the peak rate of the arch's GPU (weft/GpuArch.h).
  double seconds;
};

/// The one that takes the least time on `arch` by a model of waves of blocks.
TileChoice chooseTile(unsigned arch, TileInputs inputs, const SizeExpr &rows,
                      const SizeExpr &columns, const SizeExpr &depth);

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_TILESHAPE_H
