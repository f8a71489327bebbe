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

/// What a block computes, and how.
struct TileShape {
  int64_t rows, columns;
  /// Terms that lie in shared memory as one stage of the pipeline.
  int64_t depth;
  int64_t stages;
  int64_t threads;
  /// Warps along the rows; the others are along the columns.
  int64_t rowWarps;
  /// Registers of a thread.
  int64_t registers;

  int64_t columnWarps() const { return threads / 32 / rowWarps; }
  int64_t warpRows() const { return rows / rowWarps; }
  int64_t warpColumns() const { return columns / columnWarps(); }
};

/// How the operands come to shared memory.
enum class TileInputs {
  Floats,      ///< f32, multiplied by fma.
  Halves,      ///< 16 bits, the left ones through registers.
  AsyncHalves, ///< 16 bits, both copied as they lie.
};

/// The shape that takes the least time on `arch` by a model of waves of blocks.
/// Sizes that are not known are taken to be those of a prompt.
TileShape chooseTileShape(unsigned arch, TileInputs inputs,
                          const SizeExpr &rows, const SizeExpr &columns);

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_TILESHAPE_H
