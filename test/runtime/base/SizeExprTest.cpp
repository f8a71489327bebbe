//===- SizeExprTest.cpp ---------------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/SizeExpr.h"

#include <gmock/gmock.h>

#include <chrono>
#include <random>

using namespace weft;
using testing::HasSubstr;

namespace {

SizeExpr parsed(std::string_view text) {
  StatusOr<SizeExpr> expr = SizeExpr::parse(text);
  EXPECT_TRUE(expr.isOk()) << text << ": "
                           << (expr.isOk() ? "" : expr.message());
  return expr.isOk() ? *expr : SizeExpr();
}

std::string canonical(std::string_view text) { return parsed(text).str(); }

std::optional<int64_t> valueOf(std::string_view name) {
  if (name == "batch")
    return 3;
  if (name == "sequence")
    return 97;
  if (name == "coord(\"tp\")")
    return 1;
  return std::nullopt;
}

TEST(SizeExpr, WritesCanonicalText) {
  EXPECT_EQ(canonical("0"), "0");
  EXPECT_EQ(canonical("-5"), "-5");
  EXPECT_EQ(canonical("sequence*batch*384"), "384*batch*sequence");
  EXPECT_EQ(canonical("1 + x*x - 2*y + y"), "x*x - y + 1");
  EXPECT_EQ(canonical("(a+b)*(a-b)"), "a*a - b*b");
  EXPECT_EQ(canonical(" x-x "), "0");
  EXPECT_EQ(canonical("coord(\"tp\")*4"), "4*coord(\"tp\")");
  EXPECT_EQ(canonical("ceildiv(batch*sequence,16)"),
            "ceildiv(batch*sequence, 16)");
  EXPECT_EQ(canonical("min + max(min, 3)"), "min + max(min, 3)");
}

TEST(SizeExpr, Divides) {
  EXPECT_EQ(canonical("floordiv(384*b*s, 12*b*s)"), "32");
  EXPECT_EQ(canonical("floordiv(b*s*384, 384)"), "b*s");
  EXPECT_EQ(canonical("floordiv(16*x + 5, 16)"), "x");
  EXPECT_EQ(canonical("ceildiv(16*x + 5, 16)"), "x + 1");
  EXPECT_EQ(canonical("floordiv(x + 15, 16)"), "ceildiv(x, 16)");
  EXPECT_EQ(canonical("floordiv(x + 17, 16)"), "floordiv(x + 1, 16) + 1");
  EXPECT_EQ(canonical("ceildiv(ceildiv(x, 4), 4)"), "ceildiv(x, 16)");
  EXPECT_EQ(canonical("floordiv(floordiv(x, 4), 4)"), "floordiv(x, 16)");
  EXPECT_EQ(canonical("floordiv(2*x + 1, 4)"), "floordiv(x, 2)");
  EXPECT_EQ(canonical("floordiv(a*b, a*c)"), "floordiv(b, c)");
  EXPECT_EQ(canonical("ceildiv(3*a, 12*a)"), "1");
  EXPECT_EQ(canonical("floordiv(x*x - y*y, x - y)"), "x + y");
  EXPECT_EQ(canonical("mod(16*x + 37, 16)"), "5");
  EXPECT_EQ(canonical("mod(17*x, 16)"), "mod(x, 16)");
  EXPECT_EQ(canonical("mod(6*x, 4)"), "2*mod(x, 2)");
  EXPECT_EQ(canonical("mod(mod(x, 4), 8)"), "mod(x, 4)");
  EXPECT_EQ(canonical("mod(x*y, x)"), "0");
  EXPECT_EQ(canonical("mod(x, 1)"), "0");
  EXPECT_EQ(canonical("floordiv(-7, 2)"), "-4");
  EXPECT_EQ(canonical("ceildiv(-7, 2)"), "-3");
  EXPECT_EQ(canonical("mod(-7, 2)"), "1");
  EXPECT_FALSE(exactDiv(parsed("x + 1"), parsed("2")));
  EXPECT_FALSE(exactDiv(parsed("x"), parsed("0")));
  EXPECT_EQ(exactDiv(parsed("2*x + 4"), parsed("x + 2"))->str(), "2");
}

TEST(SizeExpr, FoldsMinAndMax) {
  EXPECT_EQ(canonical("min(3, 4)"), "3");
  EXPECT_EQ(canonical("max(x, x + 3)"), "x + 3");
  EXPECT_EQ(canonical("min(x, x)"), "x");
  EXPECT_EQ(canonical("min(y, x)"), canonical("min(x, y)"));
}

TEST(SizeExpr, Evaluates) {
  EXPECT_EQ(*parsed("384*batch*sequence").evaluate(valueOf), 384 * 3 * 97);
  EXPECT_EQ(*parsed("ceildiv(sequence, 16)").evaluate(valueOf), 7);
  EXPECT_EQ(*parsed("8*coord(\"tp\")").evaluate(valueOf), 8);
  EXPECT_THAT(parsed("batch + lost").evaluate(valueOf).message(),
              HasSubstr("'lost' has no value"));
  EXPECT_THAT(parsed("floordiv(9, batch - 3)").evaluate(valueOf).message(),
              HasSubstr("divides by 0"));
  EXPECT_THAT(parsed("4611686018427387904*batch").evaluate(valueOf).message(),
              HasSubstr("64 bits"));
}

TEST(SizeExpr, Substitutes) {
  SizeExpr expr = parsed("ceildiv(s0*s1, 16) + s2");
  SizeExpr replaced =
      expr.substitute([](std::string_view name) -> std::optional<SizeExpr> {
        if (name == "s0")
          return SizeExpr(16);
        if (name == "s2")
          return SizeExpr::symbol("batch") * 2;
        return std::nullopt;
      });
  EXPECT_EQ(replaced.str(), "2*batch + s1");
  std::set<std::string> names;
  expr.collectSymbols(names);
  EXPECT_THAT(names, testing::ElementsAre("s0", "s1", "s2"));
}

TEST(SizeExpr, OverflowMakesInvalid) {
  SizeExpr big = SizeExpr::symbol("x") * INT64_MAX;
  EXPECT_TRUE(big.isValid());
  for (const SizeExpr &bad :
       {big + big, big * 2, SizeExpr(INT64_MIN), floorDiv(big, 0),
        mod(big, SizeExpr(-2)), min(big + big, 1), SizeExpr::symbol("2x"),
        SizeExpr::symbol(""), SizeExpr::coordinate("a\"b")}) {
    EXPECT_FALSE(bad.isValid());
    EXPECT_FALSE((bad + 1).isValid());
    EXPECT_FALSE(bad.evaluate(valueOf).isOk());
    EXPECT_FALSE(SizeExpr::parse(bad.str()).isOk());
  }
}

TEST(SizeExpr, RefusesBadText) {
  for (std::string_view text : {"",
                                " ",
                                "-",
                                "x y",
                                "x +",
                                "+x",
                                "x--y",
                                "()",
                                "(x",
                                "x)",
                                "2x",
                                "min(x)",
                                "min(x, y, z)",
                                "sqrt(x)",
                                "coord(tp)",
                                "coord(\"\")",
                                "coord(\"t\"",
                                "9223372036854775808",
                                "x*9223372036854775807*2",
                                "floordiv(x, 0)",
                                "mod(x, 3 - 3)",
                                "x.y*.z",
                                "x/2",
                                "x^2",
                                "é",
                                "<overflow>",
                                "1e5",
                                "0x10",
                                "x\ny"})
    EXPECT_FALSE(SizeExpr::parse(text).isOk()) << text;
  EXPECT_FALSE(SizeExpr::parse(std::string_view("x\0", 2)).isOk());
  EXPECT_THAT(SizeExpr::parse("min(x)").message(), HasSubstr("expected ','"));
}

std::string repeated(std::string_view piece, size_t count) {
  std::string text;
  for (size_t i = 0; i != count; ++i)
    text += piece;
  return text;
}

TEST(SizeExpr, BoundsHostileText) {
  std::vector<std::string> hostile = {
      repeated("(", 8000) + "x" + repeated(")", 8000),
      repeated("min(x,", 1500) + "x" + repeated(")", 1500),
      repeated("floordiv(", 80) + "x" + repeated(",y)", 80),
      "(a+b)" + repeated("*(a+b)", 1000),
      "(a+b)" + repeated("*(c+d)*(e+f)*(g+h)", 20),
      "x" + repeated("*x", 4000),
      std::string(20000, 'x'),
      repeated("x", 17000) + "+1",
  };
  // Each level would multiply the size of the tree by 2^8.
  std::string nested = "x";
  for (int level = 0; level != 40; ++level) {
    std::string product = "(min(" + nested + ",z)+1)";
    for (int i = 0; i != 7; ++i)
      product += "*(min(a" + std::to_string(i) + ",z)+1)";
    nested = product;
  }
  hostile.push_back(nested);
  // Long sums that get multiplied by one again and again.
  std::string sum = "(x";
  for (int i = 0; i != 400; ++i)
    sum += "+x" + std::to_string(i);
  hostile.push_back(sum + ")" + repeated("*1", 5000));
  hostile.push_back("floordiv(" + sum + ")," + sum + "+y))" +
                    repeated("*(x+y)", 100));
  auto start = std::chrono::steady_clock::now();
  for (const std::string &text : hostile)
    EXPECT_FALSE(SizeExpr::parse(text).isOk()) << text.substr(0, 60);
#if __has_feature(address_sanitizer)
  std::chrono::seconds limit(60);
#else
  // Seconds would be minutes for a whole manifest.
  std::chrono::seconds limit(5);
#endif
  EXPECT_LT(std::chrono::steady_clock::now() - start, limit);
}

/// Builds the same random expression as a SizeExpr and as a number.
class RandomExpression {
public:
  explicit RandomExpression(uint64_t seed) : random(seed) {
    for (int64_t &value : values)
      value = 1 + random() % 40;
  }

  struct Both {
    SizeExpr expr;
    std::optional<int64_t> value; // none: a divisor below 1
  };

  Both build(int depth) {
    uint64_t kind = depth == 0 ? random() % 2 : random() % 10;
    if (kind == 0) {
      int64_t constant = int64_t(random() % 35) - 2;
      return {SizeExpr(constant), constant};
    }
    if (kind == 1) {
      size_t index = random() % 4;
      return {SizeExpr::symbol(std::string(1, char('a' + index))),
              values[index]};
    }
    Both lhs = build(depth - 1), rhs = build(depth - 1);
    Both result;
    bool known = lhs.value && rhs.value;
    int64_t x = lhs.value.value_or(0), y = rhs.value.value_or(0);
    auto set = [&](SizeExpr expr, auto value) {
      result.expr = std::move(expr);
      if (known)
        result.value = value();
    };
    switch (kind) {
    case 2:
    case 3:
      set(lhs.expr + rhs.expr, [&] { return x + y; });
      break;
    case 4:
      set(lhs.expr - rhs.expr, [&] { return x - y; });
      break;
    case 5:
      set(lhs.expr * rhs.expr, [&] { return x * y; });
      break;
    case 6:
      set(min(lhs.expr, rhs.expr), [&] { return std::min(x, y); });
      break;
    default: {
      known &= y >= 1;
      int64_t floor = y >= 1 ? x / y - (x % y < 0) : 0;
      if (kind == 7)
        set(floorDiv(lhs.expr, rhs.expr), [&] { return floor; });
      else if (kind == 8)
        set(ceilDiv(lhs.expr, rhs.expr),
            [&] { return floor + (x - floor * y > 0); });
      else
        set(mod(lhs.expr, rhs.expr), [&] { return x - floor * y; });
    }
    }
    return result;
  }

  std::optional<int64_t> valueOf(std::string_view name) const {
    return values[name[0] - 'a'];
  }

private:
  std::mt19937_64 random;
  int64_t values[4];
};

TEST(SizeExpr, AgreesWithDirectEvaluation) {
  int compared = 0;
  for (uint64_t seed = 0; seed != 20000; ++seed) {
    RandomExpression generator(seed);
    RandomExpression::Both both = generator.build(1 + seed % 5);
    if (!both.expr.isValid())
      continue;
    auto values = [&](std::string_view name) {
      return generator.valueOf(name);
    };
    if (both.value) {
      StatusOr<int64_t> value = both.expr.evaluate(values);
      ASSERT_TRUE(value.isOk()) << both.expr.str() << ": " << value.message();
      ASSERT_EQ(*value, *both.value) << both.expr.str() << " seed " << seed;
      ++compared;
    }
    StatusOr<SizeExpr> again = SizeExpr::parse(both.expr.str());
    ASSERT_TRUE(again.isOk()) << again.message();
    ASSERT_EQ(again->str(), both.expr.str()) << "seed " << seed;
    ASSERT_TRUE(*again == both.expr);
    ASSERT_FALSE(*again < both.expr || both.expr < *again);
  }
  EXPECT_GT(compared, 10000);
}

TEST(SizeExpr, SurvivesRandomText) {
  std::mt19937_64 random(7);
  static constexpr std::string_view pieces[] = {"(",
                                                ")",
                                                "min(",
                                                "max(",
                                                "floordiv(",
                                                "ceildiv(",
                                                "mod(",
                                                ",",
                                                "x",
                                                "y",
                                                "*",
                                                "+",
                                                "-",
                                                "7",
                                                "0",
                                                "coord(\"",
                                                "\")",
                                                " ",
                                                "9223372036854775807"};
  for (int i = 0; i != 20000; ++i) {
    std::string text;
    for (size_t length = random() % 24; length != 0; --length)
      text += pieces[random() % std::size(pieces)];
    StatusOr<SizeExpr> expr = SizeExpr::parse(text);
    if (expr.isOk())
      EXPECT_TRUE(*SizeExpr::parse(expr->str()) == *expr) << text;
  }
}

} // namespace
