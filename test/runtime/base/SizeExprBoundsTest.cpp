//===- SizeExprBoundsTest.cpp ---------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/SizeExprBounds.h"

#include <gtest/gtest.h>

#include <random>

using namespace weft;

namespace {

/// batch in [1, 64]; sequence in [8, 512], a multiple of 8; n in [2, 5];
/// anything else unknown.
std::optional<SizeFacts> facts(std::string_view name) {
  if (name == "batch")
    return SizeFacts{1, 64, 1};
  if (name == "sequence")
    return SizeFacts{8, 512, 8};
  if (name == "n")
    return SizeFacts{2, 5, 1};
  return std::nullopt;
}

void expectFacts(std::string_view text, int64_t minimum, int64_t maximum,
                 int64_t divisor) {
  StatusOr<SizeExpr> expr = SizeExpr::parse(text);
  ASSERT_TRUE(expr.isOk()) << text;
  SizeFacts found = factsOf(*expr, facts);
  EXPECT_EQ(found.minimum, minimum) << text;
  EXPECT_EQ(found.maximum, maximum) << text;
  EXPECT_EQ(found.divisor, divisor) << text;
}

constexpr int64_t lowest = SizeFacts::lowest, highest = SizeFacts::highest;

TEST(SizeExprBounds, BoundsSumsAndProducts) {
  expectFacts("7", 7, 7, 7);
  expectFacts("0", 0, 0, 1);
  expectFacts("-3", -3, -3, 3);
  expectFacts("sequence", 8, 512, 8);
  expectFacts("batch*sequence", 8, 64 * 512, 8);
  expectFacts("6*sequence + 4*batch", 52, 3328, 4);
  expectFacts("batch - sequence", -511, 56, 1);
  // What intervals alone don't see: the second sequence goes with the first.
  expectFacts("batch*sequence - sequence", 0, 63 * 512, 8);
  expectFacts("n*n - n", 2, 20, 1);
}

TEST(SizeExprBounds, BoundsFunctions) {
  expectFacts("ceildiv(sequence, 3)", 3, 171, 1);
  expectFacts("floordiv(sequence, 16)", 0, 32, 1);
  expectFacts("mod(sequence, 5)", 0, 4, 1);
  expectFacts("mod(n, 100)", 0, 5, 1);
  expectFacts("min(batch, sequence)", 1, 64, 1);
  expectFacts("max(batch, sequence)", 8, 512, 1);
}

TEST(SizeExprBounds, KnowsNothingOfOtherSymbols) {
  expectFacts("other", lowest, highest, 1);
  expectFacts("other + 1", lowest, highest, 1);
  expectFacts("4*other", lowest, highest, 4);
  expectFacts("mod(other, 8)", 0, 7, 1);
}

TEST(SizeExprBounds, SaturatesInsteadOfOverflowing) {
  expectFacts("9223372036854775807*sequence", highest, highest,
              9223372036854775807);
}

/// A random expression over the three symbols.
SizeExpr draw(std::mt19937_64 &engine, int depth) {
  const char *names[] = {"batch", "sequence", "n"};
  if (depth == 0)
    return engine() % 3 == 0 ? SizeExpr(int64_t(engine() % 9) - 2)
                             : SizeExpr::symbol(names[engine() % 3]);
  SizeExpr lhs = draw(engine, depth - 1), rhs = draw(engine, depth - 1);
  SizeExpr divisor(int64_t(engine() % 9 + 1));
  switch (engine() % 8) {
  case 0:
    return lhs - rhs;
  case 1:
  case 2:
    return lhs * rhs;
  case 3:
    return ceilDiv(lhs, divisor);
  case 4:
    return floorDiv(lhs, divisor);
  case 5:
    return mod(lhs, divisor);
  case 6:
    return min(lhs, rhs);
  default:
    return max(lhs, rhs) + divisor;
  }
}

TEST(SizeExprBounds, HoldForEveryValue) {
  std::mt19937_64 engine(0);
  for (int i = 0; i != 3000; ++i) {
    SizeExpr expr = draw(engine, 1 + i % 4);
    SizeFacts found = factsOf(expr, facts);
    for (int j = 0; j != 20; ++j) {
      int64_t batch = 1 + int64_t(engine() % 64);
      int64_t sequence = 8 * (1 + int64_t(engine() % 64));
      int64_t n = 2 + int64_t(engine() % 4);
      StatusOr<int64_t> value =
          expr.evaluate([&](std::string_view name) -> std::optional<int64_t> {
            return name == "batch" ? batch : name == "n" ? n : sequence;
          });
      if (!value.isOk())
        continue;
      EXPECT_GE(*value, found.minimum) << expr.str();
      EXPECT_LE(*value, found.maximum) << expr.str();
      EXPECT_EQ(*value % found.divisor, 0) << expr.str();
    }
  }
}

} // namespace
