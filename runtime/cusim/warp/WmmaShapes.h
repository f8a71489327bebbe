//===- WmmaShapes.h - Registers of wmma fragments ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_WMMASHAPES_H
#define RUNTIME_CUSIM_WARP_WMMASHAPES_H

#include "runtime/cusim/machine/Strand.h"
#include "runtime/cusim/ptx/Vocabulary.h"

namespace weft::cusim {

/// 32-bit words that a matrix of rows x columns fills in each lane.
inline unsigned wmmaMatrixWords(ptx::Type type, unsigned rows,
                                unsigned columns) {
  return rows * columns * ptx::bitsOf(type) / 32 / WarpSize;
}

/// Words of a fragment of A (m x k) or B (n x k): 8 for f16 whatever the shape.
inline unsigned wmmaFragmentWords(ptx::Type type, unsigned rows, unsigned k) {
  return type == ptx::Type::F16 ? 8 : wmmaMatrixWords(type, rows, k);
}

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_WMMASHAPES_H
