//===- Product.h - D = epilogue(alpha op(A) op(B) + beta C) -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_CUBLASLT_PRODUCT_H
#define RUNTIME_CUSIM_CUBLASLT_PRODUCT_H

#include "runtime/cusim/cublaslt/Descriptors.h"
#include "weft/Status.h"

namespace weft::cusim {

/// A product with all that it needs; addresses are the host's.
struct Product {
  cuda::cublasLtMatmulDesc description;
  cuda::cublasLtMatrixLayout aLayout, bLayout, cLayout, dLayout;
  const uint8_t *a = nullptr, *b = nullptr, *c = nullptr;
  uint8_t *d = nullptr;
  double alpha = 1, beta = 0;
  const uint8_t *bias = nullptr;
  float aScale = 1, bScale = 1, cScale = 1, dScale = 1;
};

/// Whether shapes, types and attributes fit together and are supported: types
/// f32, f64, f16, bf16, fp8 and i8 to i32, an epilogue of bias, relu, gelu.
Status checkProduct(const Product &product);

/// Bytes of a matrix with all of its batches, from its first byte to its last;
/// UINT64_MAX for more than there can be.
uint64_t byteSize(const cuda::cublasLtMatrixLayout &layout);
/// The bias as a column for each batch of D.
cuda::cublasLtMatrixLayout
biasLayout(const cuda::cublasLtMatmulDesc &description,
           const cuda::cublasLtMatrixLayout &d);

/// Sums in f32 (f64 for f64, exactly for i8), along K from first to last.
/// Inputs of CUBLAS_COMPUTE_32F_FAST_* are rounded first, as tensor cores see
/// them. `gelu` is the tanh form, as cuBLASLt's.
void computeProduct(const Product &product);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_CUBLASLT_PRODUCT_H
