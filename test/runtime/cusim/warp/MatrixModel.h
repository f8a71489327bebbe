//===- MatrixModel.h - Matrices one element at a time -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the PTX manual says of elements, fragments and products, by scalar code
// that shares nothing with the simulator.
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_WARP_MATRIXMODEL_H
#define TEST_RUNTIME_CUSIM_WARP_MATRIXMODEL_H

#include "test/runtime/cusim/warp/WarpMachine.h"

#include <functional>

namespace weft::cusim {

/// The value of an element's bits.
double decodeElement(ptx::Type type, uint64_t bits);
/// f16 bits of a value that was rounded to f32.
uint16_t encodeHalf(float value);

/// Element `i` of a lane: its row and column.
struct RowColumn {
  unsigned row, column;
};
using Layout = std::function<RowColumn(unsigned lane, unsigned i)>;

/// A matrix of bit patterns.
struct BitMatrix {
  BitMatrix(unsigned rows, unsigned columns)
      : rows(rows), columns(columns), bits(rows * columns) {}
  uint64_t &at(unsigned row, unsigned column) {
    return bits[row * columns + column];
  }
  uint64_t at(unsigned row, unsigned column) const {
    return bits[row * columns + column];
  }
  unsigned rows, columns;
  std::vector<uint64_t> bits;
};

/// Random elements: small integers, any finite values, or any bits.
enum class Filling { Small, Finite, Any };
BitMatrix randomMatrix(ptx::Type type, unsigned rows, unsigned columns,
                       Filling filling, std::mt19937 &random);

/// Appends the registers of a fragment: element i of a lane lies behind element
/// i - 1, from the low bits on.
void appendFragment(Words &words, const BitMatrix &matrix, ptx::Type type,
                    const Layout &layout);
/// Reads a fragment back, from word `first` on.
BitMatrix readFragment(const Words &words, unsigned first, unsigned rows,
                       unsigned columns, ptx::Type type, const Layout &layout);

/// d = a b + c: f32 and f64 by fma in ascending k, integers exactly.
struct ProductTypes {
  ptx::Type a, b, c, d;
  bool isSaturating = false;
  bool isXor = false;
};
BitMatrix multiplyModel(const ProductTypes &types, const BitMatrix &a,
                        const BitMatrix &b, const BitMatrix &c);

/// Fails the test where elements differ; a NaN equals every NaN.
void expectSame(ptx::Type type, const BitMatrix &actual,
                const BitMatrix &expected, const std::string &what);

} // namespace weft::cusim

#endif // TEST_RUNTIME_CUSIM_WARP_MATRIXMODEL_H
