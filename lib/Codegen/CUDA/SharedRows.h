//===- SharedRows.h - Rows in shared memory -------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared memory has 32 banks of 4 bytes. Accesses of 16 bytes go by eight lanes
// at a time, which are free of conflicts where their pieces lie in all banks.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_SHAREDROWS_H
#define LIB_CODEGEN_CUDA_SHAREDROWS_H

#include "lib/Codegen/CUDA/CUDACodeBuilder.h"
#include "lib/Codegen/CUDA/Number32.h"

namespace weft::cuda {

/// Rows of 16-byte pieces, such that the same piece of eight rows lies in all
/// banks: pieces are swizzled, or there is an odd number of them from row to
/// row. In that case lanes that read 4 bytes each, of columns lane / 4 of every
/// second row, are free of conflicts as well where rows are multiples of 64
/// bytes.
struct SharedRows {
  int64_t pieces;
  bool maySwizzle = true;
  bool isSwizzled() const { return maySwizzle && pieces % 8 == 0; }
  /// Of a row, in bytes.
  int64_t stride() const { return (isSwizzled() ? pieces : pieces | 1) * 16; }
  /// Of a piece, in bytes.
  Number32 at(Number32 row, Number32 piece) const {
    return row * stride() + (isSwizzled() ? (piece ^ (row & 7)) : piece) * 16;
  }
};

/// Stores a vector of f32 of each lane, loads eight. Where eight lanes' follow
/// each other, or lie in the same banks as if they did, four lanes take the
/// lower halves of eight f32 first, four the higher ones.
void storeFloats(CUDACodeBuilder &code, mlir::Value vector,
                 mlir::Value address);
mlir::Value loadEight(CUDACodeBuilder &code, mlir::Value address);

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_SHAREDROWS_H
