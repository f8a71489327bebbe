//===- ConstantExpressionTest.cpp - Arithmetic on literals --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/ConstantExpression.h"

#include <bit>
#include <gtest/gtest.h>

using namespace weft;
using namespace weft::cusim::ptx;

static int64_t valueOf(std::string_view text) {
  Lexer lexer(text);
  StatusOr<Constant> value = parseConstantExpression(lexer);
  EXPECT_TRUE(value) << text;
  EXPECT_EQ(lexer.peek().kind, Token::Kind::End) << text;
  if (!value)
    return -12345;
  EXPECT_TRUE(value->isInteger()) << text;
  return int64_t(value->bits);
}

static std::string messageOf(std::string_view text) {
  Lexer lexer(text);
  StatusOr<Constant> value = parseConstantExpression(lexer);
  EXPECT_FALSE(value) << text;
  return value ? std::string() : value.message();
}

TEST(ConstantExpression, readsLiteralsOfEachBase) {
  EXPECT_EQ(valueOf("123"), 123);
  EXPECT_EQ(valueOf("0x7fU"), 127);
  EXPECT_EQ(valueOf("0XfF"), 255);
  EXPECT_EQ(valueOf("0b101"), 5);
  EXPECT_EQ(valueOf("017"), 15);
  EXPECT_EQ(valueOf("0"), 0);
  EXPECT_EQ(valueOf("0U"), 0);
  EXPECT_EQ(valueOf("18446744073709551615"), -1);
  EXPECT_EQ(valueOf("WARP_SZ"), 32);
}

TEST(ConstantExpression, hasThePrecedenceOfC) {
  EXPECT_EQ(valueOf("1 + 2 * 3"), 7);
  EXPECT_EQ(valueOf("(1 + 2) * 3"), 9);
  EXPECT_EQ(valueOf("10 - 4 - 3"), 3);
  EXPECT_EQ(valueOf("1 << 2 + 1"), 8);
  EXPECT_EQ(valueOf("1 | 6 & 3 ^ 4"), 1 | ((6 & 3) ^ 4));
  EXPECT_EQ(valueOf("1 < 2 == 1"), 1);
  EXPECT_EQ(valueOf("0 || 2 && 3"), 1);
  EXPECT_EQ(valueOf("1 ? 2 : 0 ? 3 : 4"), 2);
  EXPECT_EQ(valueOf("0 ? 2 : 0 ? 3 : 4"), 4);
  EXPECT_EQ(valueOf("-3 + +5"), 2);
  EXPECT_EQ(valueOf("~0"), -1);
  EXPECT_EQ(valueOf("!5 + !0"), 1);
}

TEST(ConstantExpression, distinguishesSignedAndUnsigned) {
  EXPECT_EQ(valueOf("-8 / 3"), -2);
  EXPECT_EQ(valueOf("-8 % 3"), -2);
  EXPECT_EQ(valueOf("-8 >> 1"), -4);
  EXPECT_EQ(valueOf("(.u64)(-8) >> 1"), int64_t(0x7ffffffffffffffc));
  EXPECT_EQ(valueOf("-1 < 1"), 1);
  EXPECT_EQ(valueOf("-1 < 1U"), 0);
  EXPECT_EQ(valueOf("(.s64)0xffffffffffffffffU < 0"), 1);
  EXPECT_EQ(valueOf("(.s64)0x8000000000000000 / -1"),
            std::numeric_limits<int64_t>::min());
}

TEST(ConstantExpression, readsFloatingPointLiterals) {
  auto bitsOf = [](std::string_view text) {
    Lexer lexer(text);
    StatusOr<Constant> value = parseConstantExpression(lexer);
    EXPECT_TRUE(value) << text;
    return value ? value->bits : 0;
  };
  EXPECT_EQ(bitsOf("0f3F800000"), 0x3f800000u);
  EXPECT_EQ(bitsOf("-0F3F800000"), 0xbf800000u);
  EXPECT_EQ(bitsOf("0d3ff0000000000000"), 0x3ff0000000000000u);
  EXPECT_EQ(bitsOf("1.5"), std::bit_cast<uint64_t>(1.5));
  EXPECT_EQ(bitsOf("-2e3"), std::bit_cast<uint64_t>(-2e3));
  EXPECT_EQ(bitsOf("4.E-1"), std::bit_cast<uint64_t>(0.4));
}

TEST(ConstantExpression, refusesWhatHasNoValue) {
  EXPECT_EQ(messageOf("1 / 0"),
            "line 1, column 3: a constant expression divides by zero");
  EXPECT_EQ(messageOf("1 << 64"),
            "line 1, column 3: found a shift by 64, expected 0 to 63");
  EXPECT_EQ(messageOf("1.5 + 2"),
            "line 1, column 5: found '+' on floating-point numbers, expected "
            "integers: PTX computes with integers only");
  EXPECT_EQ(messageOf("~0f3F800000"),
            "line 1, column 1: found '~' on a floating-point number, expected "
            "an integer");
  EXPECT_EQ(messageOf("(1"),
            "line 1, column 3: found the end of the text, expected ')' after "
            "the expression");
  EXPECT_EQ(messageOf("0f3F8"),
            "line 1, column 1: found a 0f literal without 8 hexadecimal "
            "digits, expected a constant");
  for (const char *text : {"0x", "0b2", "08", "18446744073709551616", "1x",
                           "0xg", "1.5x", "1e", "0d3ff"})
    EXPECT_NE(messageOf(text).find("literal"), std::string::npos) << text;
}

TEST(ConstantExpression, nestsToALimit) {
  for (const char *open : {"(", "-", "(.u64)", "1?"}) {
    std::string text;
    for (int i = 0; i < 100000; ++i)
      text += open;
    EXPECT_NE(messageOf(text).find("nested too deeply"), std::string::npos);
  }
}
