//===- BlockFormat.cpp - Quantized elements in blocks ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/BlockFormat.h"
#include "runtime/base/BlockLevels.h"

#include <array>
#include <cmath>
#include <limits>

namespace weft {

float halfToFloat(uint16_t bits) {
  int exponent = bits >> 10 & 31;
  auto mantissa = static_cast<float>(bits & 1023);
  float value;
  if (exponent == 31)
    value = mantissa == 0 ? std::numeric_limits<float>::infinity()
                          : std::numeric_limits<float>::quiet_NaN();
  else if (exponent == 0)
    value = std::ldexp(mantissa, -24);
  else
    value = std::ldexp(mantissa + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

namespace {

float readHalf(const uint8_t *bytes) {
  return halfToFloat(static_cast<uint16_t>(bytes[0] | bytes[1] << 8));
}

int readSigned(const uint8_t *byte) { return static_cast<int8_t>(*byte); }

//===----------------------------------------------------------------------===//
// Blocks of 32: byte i holds elements i and i + 16, low nibble first
//===----------------------------------------------------------------------===//

/// The 4-bit number of element i.
int nibble(const uint8_t *quants, int i) {
  return i < 16 ? quants[i] & 15 : quants[i - 16] >> 4;
}

/// With a fifth bit, from a little-endian word of 32.
int fiveBits(const uint8_t *quants, const uint8_t *highBits, int i) {
  return nibble(quants, i) | (highBits[i / 8] >> i % 8 & 1) << 4;
}

/// scale, quants: d * (q - 8)
void decodeQ4_0(const uint8_t *block, float *values) {
  float scale = readHalf(block);
  for (int i = 0; i != 32; ++i)
    values[i] = scale * static_cast<float>(nibble(block + 2, i) - 8);
}

/// scale, minimum, quants: d * q + m
void decodeQ4_1(const uint8_t *block, float *values) {
  float scale = readHalf(block), minimum = readHalf(block + 2);
  for (int i = 0; i != 32; ++i)
    values[i] = scale * static_cast<float>(nibble(block + 4, i)) + minimum;
}

/// scale, fifth bits, quants: d * (q - 16)
void decodeQ5_0(const uint8_t *block, float *values) {
  float scale = readHalf(block);
  for (int i = 0; i != 32; ++i)
    values[i] =
        scale * static_cast<float>(fiveBits(block + 6, block + 2, i) - 16);
}

/// scale, minimum, fifth bits, quants: d * q + m
void decodeQ5_1(const uint8_t *block, float *values) {
  float scale = readHalf(block), minimum = readHalf(block + 2);
  for (int i = 0; i != 32; ++i)
    values[i] =
        scale * static_cast<float>(fiveBits(block + 8, block + 4, i)) + minimum;
}

/// scale, bytes: d * q
void decodeQ8_0(const uint8_t *block, float *values) {
  float scale = readHalf(block);
  for (int i = 0; i != 32; ++i)
    values[i] = scale * static_cast<float>(readSigned(block + 2 + i));
}

/// scale, quants: d * level[q]
void decodeIQ4_NL(const uint8_t *block, float *values) {
  float scale = readHalf(block);
  for (int i = 0; i != 32; ++i)
    values[i] = scale * static_cast<float>(iq4nlLevels[nibble(block + 2, i)]);
}

/// exponent, quants: 2^(e - 127) * E2M1
void decodeMXFP4(const uint8_t *block, float *values) {
  for (int i = 0; i != 32; ++i)
    values[i] = std::ldexp(
        static_cast<float>(mxfp4Levels[nibble(block + 1, i)]), block[0] - 128);
}

//===----------------------------------------------------------------------===//
// Blocks of 256 with scales of their own for each 16 or 32 elements
//===----------------------------------------------------------------------===//

/// scales and minima (4 bits each), quants, d, m: d * scale * q - m * minimum
void decodeQ2_K(const uint8_t *block, float *values) {
  const uint8_t *scales = block, *quants = block + 16;
  float scale = readHalf(block + 80), minimum = readHalf(block + 82);
  for (int i = 0; i != 256; ++i) {
    // 32 bytes hold 128 elements, two bits each.
    int q = quants[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
    uint8_t both = scales[i / 16];
    values[i] = scale * static_cast<float>((both & 15) * q) -
                minimum * static_cast<float>(both >> 4);
  }
}

/// high bits, quants, scales (6 bits), d: d * (scale - 32) * (q - 4)
void decodeQ3_K(const uint8_t *block, float *values) {
  const uint8_t *highBits = block, *quants = block + 32, *scales = block + 96;
  float scale = readHalf(block + 108);
  for (int i = 0; i != 256; ++i) {
    int low = quants[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
    int high = highBits[i % 32] >> i / 32 & 1;
    // The low four bits of 16 scales, then the high two.
    int number = i / 16;
    int lowScale = scales[number % 8] >> number / 8 * 4 & 15;
    int highScale = scales[8 + number % 4] >> number / 4 * 2 & 3;
    int factor = (lowScale | highScale << 4) - 32;
    values[i] = scale * static_cast<float>(factor * (low + 4 * high - 4));
  }
}

/// A scale and a minimum of six bits each, of eight such pairs in 12 bytes.
struct ScaleAndMinimum {
  int scale;
  int minimum;
};
ScaleAndMinimum sixBits(const uint8_t *packed, int number) {
  if (number < 4)
    return {packed[number] & 63, packed[number + 4] & 63};
  return {(packed[number + 4] & 15) | packed[number - 4] >> 6 << 4,
          packed[number + 4] >> 4 | packed[number] >> 6 << 4};
}

/// The 4-bit number of element i: 32 bytes hold 64 elements, low nibbles first.
int nibbleOf64(const uint8_t *quants, int i) {
  return quants[i / 64 * 32 + i % 32] >> i / 32 % 2 * 4 & 15;
}

/// d, m, scales and minima, quants: d * scale * q - m * minimum
void decodeQ4_K(const uint8_t *block, float *values) {
  float scale = readHalf(block), minimum = readHalf(block + 2);
  for (int i = 0; i != 256; ++i) {
    ScaleAndMinimum pair = sixBits(block + 4, i / 32);
    values[i] =
        scale * static_cast<float>(pair.scale * nibbleOf64(block + 16, i)) -
        minimum * static_cast<float>(pair.minimum);
  }
}

/// d, m, scales and minima, fifth bits, quants: as q4_k
void decodeQ5_K(const uint8_t *block, float *values) {
  float scale = readHalf(block), minimum = readHalf(block + 2);
  for (int i = 0; i != 256; ++i) {
    ScaleAndMinimum pair = sixBits(block + 4, i / 32);
    int q = nibbleOf64(block + 48, i) | (block[16 + i % 32] >> i / 32 & 1) << 4;
    values[i] = scale * static_cast<float>(pair.scale * q) -
                minimum * static_cast<float>(pair.minimum);
  }
}

/// low bits, high bits, scales (8 bits), d: d * scale * (q - 32)
void decodeQ6_K(const uint8_t *block, float *values) {
  float scale = readHalf(block + 208);
  for (int i = 0; i != 256; ++i) {
    int half = i / 128, quarter = i / 32 % 4, lane = i % 32;
    // 64 bytes hold 128 low nibbles: the low ones of all bytes come first.
    int low =
        block[half * 64 + quarter % 2 * 32 + lane] >> quarter / 2 * 4 & 15;
    int high = block[128 + half * 32 + lane] >> quarter * 2 & 3;
    int factor = readSigned(block + 192 + i / 16);
    values[i] = scale * static_cast<float>(factor * ((low | high << 4) - 32));
  }
}

constexpr std::array<BlockFormatInfo, 12> table = {{
    {BlockFormat::Q4_0, "q4_0", 2, 32, 18, decodeQ4_0},
    {BlockFormat::Q4_1, "q4_1", 3, 32, 20, decodeQ4_1},
    {BlockFormat::Q5_0, "q5_0", 6, 32, 22, decodeQ5_0},
    {BlockFormat::Q5_1, "q5_1", 7, 32, 24, decodeQ5_1},
    {BlockFormat::Q8_0, "q8_0", 8, 32, 34, decodeQ8_0},
    {BlockFormat::Q2_K, "q2_k", 10, 256, 84, decodeQ2_K},
    {BlockFormat::Q3_K, "q3_k", 11, 256, 110, decodeQ3_K},
    {BlockFormat::Q4_K, "q4_k", 12, 256, 144, decodeQ4_K},
    {BlockFormat::Q5_K, "q5_k", 13, 256, 176, decodeQ5_K},
    {BlockFormat::Q6_K, "q6_k", 14, 256, 210, decodeQ6_K},
    {BlockFormat::IQ4_NL, "iq4_nl", 20, 32, 18, decodeIQ4_NL},
    {BlockFormat::MXFP4, "mxfp4", 39, 32, 17, decodeMXFP4},
}};

} // namespace

std::span<const BlockFormatInfo> blockFormats() { return table; }

const BlockFormatInfo &infoOf(BlockFormat format) {
  return table[static_cast<size_t>(format)];
}

std::optional<BlockFormat> blockFormatNamed(std::string_view name) {
  for (const BlockFormatInfo &info : table)
    if (info.name == name)
      return info.format;
  return std::nullopt;
}

std::optional<BlockFormat> blockFormatOfGguf(uint32_t ggufType) {
  for (const BlockFormatInfo &info : table)
    if (info.ggufType == ggufType)
      return info.format;
  return std::nullopt;
}

void decodeBlocks(BlockFormat format, const uint8_t *blocks, int64_t numBlocks,
                  float *values) {
  const BlockFormatInfo &info = infoOf(format);
  for (int64_t i = 0; i != numBlocks; ++i)
    info.decode(blocks + i * info.bytes, values + i * info.elements);
}

} // namespace weft
