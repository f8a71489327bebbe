//===- Elements.h - Elements of matrices in memory --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_CUBLASLT_ELEMENTS_H
#define RUNTIME_CUSIM_CUBLASLT_ELEMENTS_H

#include "runtime/cuda_api/CublasLtTypes.h"

#include <cstdint>

namespace weft::cusim {

/// Bytes of an element; 0 for a type that is not supported.
unsigned elementBytes(cuda::cudaDataType type);

/// Element number `index`, exactly.
double readElement(cuda::cudaDataType type, const uint8_t *data,
                   uint64_t index);
/// Rounds to the nearest, ties to even; fp8 and integers saturate.
void writeElement(cuda::cudaDataType type, uint8_t *data, uint64_t index,
                  double value);

float widenBFloat(uint16_t bits);
uint16_t narrowToBFloat(float value);
/// 10 bits of fraction, ties away from zero, as cvt.rna.tf32.f32.
float roundToTF32(float value);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_CUBLASLT_ELEMENTS_H
