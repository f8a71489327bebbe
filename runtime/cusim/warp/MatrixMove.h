//===- MatrixMove.h - ldmatrix, stmatrix, movmatrix -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// 8 x 8 matrices of 16-bit elements, one register each: lane 4 g + t holds
// elements 2 t and 2 t + 1 of row g (with .trans: of column g). Lane 8 i + g
// has the address of row g of matrix i (PTX ISA 9.0, "ldmatrix").
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_MATRIXMOVE_H
#define RUNTIME_CUSIM_WARP_MATRIXMOVE_H

#include "runtime/cusim/warp/Collective.h"

namespace weft::cusim {

/// The form of ldmatrix, stmatrix and movmatrix.
StatusOr<CollectiveForm> matrixMoveForm(const ptx::Instruction &instruction);

extern "C" {
/// Operand: an address; results: `immediate & 7` registers. Bit 3: .trans.
void cusim_ldmatrix(const weft::cusim::Collective &call);
/// Operands: an address, and the registers; the same immediate.
void cusim_stmatrix(const weft::cusim::Collective &call);
/// Transposes one register's matrix.
void cusim_movmatrix(const weft::cusim::Collective &call);
} // extern "C"

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_MATRIXMOVE_H
