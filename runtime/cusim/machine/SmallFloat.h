//===- SmallFloat.h - 16-bit floats as bits ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_SMALLFLOAT_H
#define RUNTIME_CUSIM_MACHINE_SMALLFLOAT_H

#include <bit>
#include <cmath>
#include <cstdint>

namespace weft::cusim {

/// IEEE binary16, by integer arithmetic: no host has to support it.
struct Float16Format {
  static constexpr uint16_t Nan = 0x7fff;

  static float toFloat(uint16_t bits) {
    uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
    uint32_t exponent = bits >> 10 & 0x1f;
    uint32_t fraction = bits & 0x3ff;
    if (exponent == 0x1f)
      return std::bit_cast<float>(sign | 0x7f800000 | fraction << 13);
    if (exponent != 0)
      return std::bit_cast<float>(sign | (exponent + 112) << 23 |
                                  fraction << 13);
    float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }

  /// To nearest, ties to even; NaN becomes the canonical one.
  static uint16_t fromFloat(float value) {
    if (std::isnan(value))
      return Nan;
    uint32_t bits = std::bit_cast<uint32_t>(value);
    uint32_t sign = bits >> 16 & 0x8000;
    uint32_t magnitude = bits & 0x7fffffff;
    // From 65520 on, all rounds to infinity.
    if (magnitude >= 0x477ff000)
      return static_cast<uint16_t>(sign | 0x7c00);
    // Below the least normal number, multiples of 2^-24.
    if (magnitude < 0x38800000) {
      float scaled = std::bit_cast<float>(magnitude) * 0x1p24f;
      return static_cast<uint16_t>(
          sign | static_cast<uint32_t>(std::nearbyint(scaled)));
    }
    uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
    return static_cast<uint16_t>(sign | (rounded - (112u << 23)) >> 13);
  }
};

struct BFloat16Format {
  static constexpr uint16_t Nan = 0x7fff;

  static float toFloat(uint16_t bits) {
    return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
  }

  static uint16_t fromFloat(float value) {
    if (std::isnan(value))
      return Nan;
    uint32_t bits = std::bit_cast<uint32_t>(value);
    return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_SMALLFLOAT_H
