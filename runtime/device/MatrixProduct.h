//===- MatrixProduct.h - What a matrix library computes ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_MATRIXPRODUCT_H
#define RUNTIME_DEVICE_MATRIXPRODUCT_H

#include "weft/DataType.h"

#include <cstdint>

namespace weft {

/// What is done to each element of a product after the bias was added.
enum class Epilogue { None, Relu, GeluTanh };

/// d = epilogue(op(a) op(b) + bias), `batch` times, all row-major without gaps:
/// a is [batch, m, k] ([batch, k, m] when transposed), b [batch, k, n] ([batch,
/// n, k]), d [batch, m, n], bias [n] for all of them. Sums are taken in f32.
struct MatrixProduct {
  DataType type = DataType::Invalid;   // of a and b: f16, bf16 or f32
  DataType output = DataType::Invalid; // of d and bias: `type` or f32
  Epilogue epilogue = Epilogue::None;
  bool transposeA = false, transposeB = false;
  uint64_t m = 0, n = 0, k = 0, batch = 1;
  /// Addresses of the device, on multiples of 64 bytes; `bias` may be none.
  const void *a = nullptr, *b = nullptr, *bias = nullptr;
  void *d = nullptr;
};

} // namespace weft

#endif // RUNTIME_DEVICE_MATRIXPRODUCT_H
