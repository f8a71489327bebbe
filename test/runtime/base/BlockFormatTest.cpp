//===- BlockFormatTest.cpp - Blocks against the gguf package --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The expected numbers are those of the Python package gguf 0.19, bit for bit;
// test/numerics compares with it on random blocks.
//
//===----------------------------------------------------------------------===//

#include "runtime/base/BlockFormat.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

using namespace weft;

namespace {

struct Expectation {
  std::string_view name;
  uint32_t ggufType;
  int64_t elements, bytes;
  /// The first, second, middle and last element, and the sum of all absolutes.
  std::array<float, 4> values;
  double sum;
};

constexpr std::array<Expectation, 12> expectations = {{
    {"q4_0",
     2,
     32,
     18,
     {-0.3790283203125F, 0.252685546875F, -0.3790283203125F, -0.50537109375F},
     18.8250732421875},
    {"q4_1",
     3,
     32,
     20,
     {1.898233413696289F, 0.5084629058837891F, 0.38212013244628906F,
      0.25577735900878906F},
     20.18743896484375},
    {"q5_0",
     6,
     32,
     22,
     {1.1370849609375F, -0.252685546875F, 0.252685546875F, -1.8951416015625F},
     31.4593505859375},
    {"q5_1",
     7,
     32,
     24,
     {2.403604507446289F, 3.035318374633789F, 2.150918960571289F,
      0.6348056793212891F},
     48.99359130859375},
    {"q8_0",
     8,
     32,
     34,
     {10.7391357421875F, 3.284912109375F, 0.6317138671875F, 10.107421875F},
     200.126953125},
    {"q2_k",
     10,
     256,
     84,
     {0.28072357177734375F, 0.0F, 0.07636964321136475F,
      -0.0009566545486450195F},
     17.70498275756836},
    {"q3_k",
     11,
     256,
     110,
     {0.021146535873413086F, -0.02819538116455078F, 0.004177093505859375F,
      0.02192974090576172F},
     3.145873546600342},
    {"q4_k",
     12,
     256,
     144,
     {87.49679565429688F, -0.05874443054199219F, 9.716026306152344F,
      2.7640819549560547F},
     3911.3029975891113},
    {"q5_k",
     13,
     256,
     176,
     {214.85031127929688F, -0.05874443054199219F, 23.866416931152344F,
      8.323163986206055F},
     8313.185291290283},
    {"q6_k",
     14,
     256,
     210,
     {609.662109375F, -722.5625F, 1053.052734375F, -2824.5625F},
     515913.73046875},
    {"iq4_nl",
     20,
     32,
     18,
     {-4.4219970703125F, 3.1585693359375F, -4.4219970703125F,
      -6.1907958984375F},
     262.1612548828125},
    {"mxfp4",
     39,
     32,
     17,
     {0.0F, 3.611118645726067e-35F, 1.8055593228630336e-35F,
      6.018531076210112e-36F},
     7.041681359165831e-34},
}};

TEST(BlockFormat, DecodesAsTheGgufPackage) {
  ASSERT_EQ(blockFormats().size(), expectations.size());
  for (const Expectation &expected : expectations) {
    SCOPED_TRACE(expected.name);
    std::optional<BlockFormat> format = blockFormatNamed(expected.name);
    ASSERT_TRUE(format);
    const BlockFormatInfo &info = infoOf(*format);
    EXPECT_EQ(info.format, *format);
    EXPECT_EQ(info.name, expected.name);
    EXPECT_EQ(info.elements, expected.elements);
    EXPECT_EQ(info.bytes, expected.bytes);
    EXPECT_EQ(blockFormatOfGguf(expected.ggufType), *format);

    // Two blocks, of which the second is the expected one.
    std::vector<uint8_t> bytes(2 * info.bytes);
    for (int64_t i = 0; i != info.bytes; ++i)
      bytes[info.bytes + i] = static_cast<uint8_t>((i * 37 + 11) % 96);
    std::vector<float> values(2 * info.elements, 1);
    decodeBlocks(*format, bytes.data(), 2, values.data());
    const float *second = values.data() + info.elements;
    int64_t places[] = {0, 1, info.elements / 2, info.elements - 1};
    for (int i = 0; i != 4; ++i)
      EXPECT_EQ(second[places[i]], expected.values[i]);
    double sum = 0;
    for (int64_t i = 0; i != info.elements; ++i) {
      EXPECT_EQ(values[i], 0) << "zero bytes are zeros";
      sum += std::fabs(second[i]);
    }
    EXPECT_DOUBLE_EQ(sum, expected.sum);
  }
}

TEST(BlockFormat, NamesAndNumbersOfNoFormat) {
  EXPECT_FALSE(blockFormatNamed("q4_2"));
  EXPECT_FALSE(blockFormatNamed("Q4_0"));
  EXPECT_FALSE(blockFormatOfGguf(0));
  EXPECT_FALSE(blockFormatOfGguf(4));
}

TEST(BlockFormat, HalfPrecision) {
  EXPECT_EQ(halfToFloat(0x3C00), 1.0F);
  EXPECT_EQ(halfToFloat(0xC500), -5.0F);
  EXPECT_EQ(halfToFloat(0x7BFF), 65504.0F);
  EXPECT_EQ(halfToFloat(0x0001), std::ldexp(1.0F, -24));
  EXPECT_EQ(halfToFloat(0x03FF), std::ldexp(1023.0F, -24));
  EXPECT_EQ(halfToFloat(0xFC00), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(halfToFloat(0x7E00)));
  EXPECT_TRUE(std::signbit(halfToFloat(0x8000)));
}

} // namespace
