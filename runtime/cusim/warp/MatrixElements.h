//===- MatrixElements.h - Elements of matrices as f32 -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Conversions to and from f32 by compiler vector extensions. `Fast` code is
// inlined into functions whose target has F16C and FMA; the other runs on any
// host. Both give the same bits.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_MATRIXELEMENTS_H
#define RUNTIME_CUSIM_WARP_MATRIXELEMENTS_H

#include "runtime/cusim/ptx/Vocabulary.h"

#include <cstdint>
#include <cstring>

namespace weft::cusim {

// Vectors never cross a call: everything here is inlined, whatever the target.
#define CUSIM_INLINE __attribute__((always_inline)) inline

using Float8 = float __attribute__((ext_vector_type(8)));
using Half8 = _Float16 __attribute__((ext_vector_type(8)));
using Word8 = uint32_t __attribute__((ext_vector_type(8)));
using Int8 = int32_t __attribute__((ext_vector_type(8)));
using UShort8 = uint16_t __attribute__((ext_vector_type(8)));
using Byte8 = uint8_t __attribute__((ext_vector_type(8)));
using SByte8 = int8_t __attribute__((ext_vector_type(8)));

template <typename Vector>
CUSIM_INLINE void loadVector(const void *from, Vector &to) {
  std::memcpy(&to, from, sizeof(Vector));
}
template <typename Vector>
CUSIM_INLINE void storeVector(const Vector &from, void *to) {
  std::memcpy(to, &from, sizeof(Vector));
}

/// f16, whose exponent is smaller than f32's by 112: multiplying moves it, and
/// makes subnormals normal. Infinities and NaN get f32's largest exponent.
CUSIM_INLINE void wordsFromHalf(const Word8 &half, Float8 &to) {
  Word8 magnitude = (half & 0x7fff) << 13;
  Float8 scaled = __builtin_bit_cast(Float8, magnitude) * 0x1p112f;
  Word8 isSpecial = __builtin_bit_cast(Word8, (half & 0x7c00) == 0x7c00);
  Word8 bits = __builtin_bit_cast(Word8, scaled);
  bits |= isSpecial & 0x7f800000;
  // As hardware: a signalling NaN becomes quiet.
  Word8 isNaN = __builtin_bit_cast(Word8, (half & 0x7fff) > 0x7c00);
  bits |= isNaN & 0x00400000;
  to = __builtin_bit_cast(Float8, bits | (half & 0x8000) << 16);
}

template <bool Fast>
CUSIM_INLINE void floatsFromHalf(const uint8_t *from, Float8 &to) {
  if constexpr (Fast) {
    Half8 half;
    loadVector(from, half);
    to = __builtin_convertvector(half, Float8);
  } else {
    UShort8 half;
    loadVector(from, half);
    wordsFromHalf(__builtin_convertvector(half, Word8), to);
  }
}

CUSIM_INLINE void floatsFromBFloat(const uint8_t *from, Float8 &to) {
  UShort8 bits;
  loadVector(from, bits);
  to = __builtin_bit_cast(Float8, __builtin_convertvector(bits, Word8) << 16);
}

/// e5m2 is the upper byte of an f16.
CUSIM_INLINE void floatsFromE5M2(const uint8_t *from, Float8 &to) {
  Byte8 bits;
  loadVector(from, bits);
  wordsFromHalf(__builtin_convertvector(bits, Word8) << 8, to);
}

/// e4m3: bias 7, no infinity, one NaN (all ones).
CUSIM_INLINE void floatsFromE4M3(const uint8_t *from, Float8 &to) {
  Byte8 bytes;
  loadVector(from, bytes);
  Word8 bits = __builtin_convertvector(bytes, Word8);
  Word8 magnitude = (bits & 0x7f) << 20;
  Float8 scaled = __builtin_bit_cast(Float8, magnitude) * 0x1p120f;
  Word8 isNaN = __builtin_bit_cast(Word8, (bits & 0x7f) == 0x7f);
  to = __builtin_bit_cast(Float8, __builtin_bit_cast(Word8, scaled) |
                                      (isNaN & 0x7fc00000) |
                                      (bits & 0x80) << 24);
}

CUSIM_INLINE void floatsFromTF32(const uint8_t *from, Float8 &to) {
  Word8 bits;
  loadVector(from, bits);
  to = __builtin_bit_cast(Float8, bits & 0xffffe000);
}

template <typename Bytes>
CUSIM_INLINE void floatsFromBytes(const uint8_t *from, Float8 &to) {
  Bytes bytes;
  loadVector(from, bytes);
  to = __builtin_convertvector(__builtin_convertvector(bytes, Int8), Float8);
}

/// Four bytes hold eight elements, the first in the low bits.
template <bool IsSigned>
CUSIM_INLINE void floatsFromNibbles(const uint8_t *from, Float8 &to) {
  uint32_t word;
  std::memcpy(&word, from, sizeof(word));
  constexpr Word8 Shifts = {28, 24, 20, 16, 12, 8, 4, 0};
  Word8 high = Word8(word) << Shifts;
  if constexpr (IsSigned)
    to = __builtin_convertvector(__builtin_bit_cast(Int8, high) >> 28, Float8);
  else
    to = __builtin_convertvector(high >> 28, Float8);
}

/// `Convert` turns `BytesOfEight` bytes into eight values.
template <void (*Convert)(const uint8_t *, Float8 &), unsigned BytesOfEight>
CUSIM_INLINE void convertAll(const uint8_t *from, float *to, unsigned count) {
  for (unsigned i = 0; i < count; i += 8, from += BytesOfEight) {
    Float8 values;
    Convert(from, values);
    storeVector(values, to + i);
  }
}

/// `count` elements, a multiple of 8.
template <bool Fast>
CUSIM_INLINE void convertElements(ptx::Type type, const uint8_t *from,
                                  float *to, unsigned count) {
  using ptx::Type;
  switch (type) {
  case Type::F16:
    return convertAll<floatsFromHalf<Fast>, 16>(from, to, count);
  case Type::BF16:
    return convertAll<floatsFromBFloat, 16>(from, to, count);
  case Type::TF32:
    return convertAll<floatsFromTF32, 32>(from, to, count);
  case Type::E4M3:
    return convertAll<floatsFromE4M3, 8>(from, to, count);
  case Type::E5M2:
    return convertAll<floatsFromE5M2, 8>(from, to, count);
  case Type::S8:
    return convertAll<floatsFromBytes<SByte8>, 8>(from, to, count);
  case Type::U8:
    return convertAll<floatsFromBytes<Byte8>, 8>(from, to, count);
  case Type::S4:
    return convertAll<floatsFromNibbles<true>, 4>(from, to, count);
  case Type::U4:
    return convertAll<floatsFromNibbles<false>, 4>(from, to, count);
  default:
    __builtin_unreachable();
  }
}

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_MATRIXELEMENTS_H
