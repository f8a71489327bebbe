//===- Elements.cpp - Elements of matrices in memory ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/cublaslt/Elements.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

using namespace weft;
using namespace weft::cuda;

unsigned cusim::elementBytes(cudaDataType type) {
  switch (type) {
  case CUDA_R_8I:
  case CUDA_R_8F_E4M3:
  case CUDA_R_8F_E5M2:
    return 1;
  case CUDA_R_16F:
  case CUDA_R_16BF:
    return 2;
  case CUDA_R_32F:
  case CUDA_R_32I:
    return 4;
  case CUDA_R_64F:
    return 8;
  }
  return 0;
}

float cusim::widenBFloat(uint16_t bits) {
  return std::bit_cast<float>(uint32_t(bits) << 16);
}

uint16_t cusim::narrowToBFloat(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if (value != value)
    return bits >> 16 | 0x40;
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

float cusim::roundToTF32(float value) {
  if (!std::isfinite(value))
    return value;
  uint32_t bits = std::bit_cast<uint32_t>(value) + (1u << 12);
  return std::bit_cast<float>(bits & ~((1u << 13) - 1));
}

namespace {
/// fp8: a sign, an exponent, a fraction (OFP8 specification, revision 1.0).
struct Float8Format {
  int exponentBits, fractionBits;
  /// e4m3 has no infinities: its largest exponent is one of numbers.
  bool hasInfinity;

  int bias() const { return (1 << (exponentBits - 1)) - 1; }
};
} // namespace

static constexpr Float8Format e4m3 = {4, 3, false}, e5m2 = {5, 2, true};

static double readFloat8(const Float8Format &format, uint8_t bits) {
  int fraction = bits & ((1 << format.fractionBits) - 1);
  int exponent = bits >> format.fractionBits & ((1 << format.exponentBits) - 1);
  int largest = (1 << format.exponentBits) - 1;
  double sign = bits & 0x80 ? -1 : 1;
  if (exponent == largest && format.hasInfinity)
    return fraction ? NAN : sign * INFINITY;
  if (exponent == largest && fraction == (1 << format.fractionBits) - 1)
    return NAN;
  int scale = 1 - format.bias() - format.fractionBits;
  if (exponent == 0)
    return sign * std::ldexp(fraction, scale);
  return sign * std::ldexp(fraction + (1 << format.fractionBits),
                           scale + exponent - 1);
}

/// The nearest of all finite values; there are only 256.
static uint8_t writeFloat8(const Float8Format &format, double value) {
  uint8_t sign = std::signbit(value) ? 0x80 : 0;
  if (value != value)
    return sign | 0x7f;
  double largest = readFloat8(format, format.hasInfinity ? 0x7b : 0x7e);
  double magnitude = std::fmin(std::fabs(value), largest);
  uint8_t best = 0;
  double distance = INFINITY;
  for (unsigned bits = 0; bits < 0x80; ++bits) {
    double candidate = readFloat8(format, bits);
    if (!std::isfinite(candidate))
      continue;
    double difference = std::fabs(candidate - magnitude);
    if (difference < distance || (difference == distance && bits % 2 == 0)) {
      best = bits;
      distance = difference;
    }
  }
  return sign | best;
}

template <typename T> static T load(const uint8_t *data, uint64_t index) {
  T value;
  std::memcpy(&value, data + index * sizeof(T), sizeof(T));
  return value;
}

double cusim::readElement(cudaDataType type, const uint8_t *data,
                          uint64_t index) {
  switch (type) {
  case CUDA_R_32F:
    return load<float>(data, index);
  case CUDA_R_64F:
    return load<double>(data, index);
  case CUDA_R_16F:
    return float(std::bit_cast<_Float16>(load<uint16_t>(data, index)));
  case CUDA_R_16BF:
    return widenBFloat(load<uint16_t>(data, index));
  case CUDA_R_8I:
    return load<int8_t>(data, index);
  case CUDA_R_32I:
    return load<int32_t>(data, index);
  case CUDA_R_8F_E4M3:
    return readFloat8(e4m3, data[index]);
  case CUDA_R_8F_E5M2:
    return readFloat8(e5m2, data[index]);
  }
  return 0;
}

template <typename T>
static void store(uint8_t *data, uint64_t index, T value) {
  std::memcpy(data + index * sizeof(T), &value, sizeof(T));
}

template <typename T> static T saturate(double value) {
  if (value != value)
    return 0;
  double least = std::numeric_limits<T>::min(),
         most = std::numeric_limits<T>::max();
  return T(std::fmin(std::fmax(std::nearbyint(value), least), most));
}

void cusim::writeElement(cudaDataType type, uint8_t *data, uint64_t index,
                         double value) {
  switch (type) {
  case CUDA_R_32F:
    return store(data, index, float(value));
  case CUDA_R_64F:
    return store(data, index, value);
  case CUDA_R_16F:
    // By way of f32, as the accumulator is.
    return store(data, index, std::bit_cast<uint16_t>(_Float16(float(value))));
  case CUDA_R_16BF:
    return store(data, index, narrowToBFloat(float(value)));
  case CUDA_R_8I:
    return store(data, index, saturate<int8_t>(value));
  case CUDA_R_32I:
    return store(data, index, saturate<int32_t>(value));
  case CUDA_R_8F_E4M3:
    return store(data, index, writeFloat8(e4m3, value));
  case CUDA_R_8F_E5M2:
    return store(data, index, writeFloat8(e5m2, value));
  }
}
