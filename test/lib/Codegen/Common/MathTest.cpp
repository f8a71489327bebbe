//===- MathTest.cpp - Errors of mathematical functions --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/Common/KernelRunner.h"

#include <functional>
#include <gtest/gtest.h>
#include <random>

using namespace weft;

namespace {
struct Function {
  const char *name;
  double (*exact)(double);
  double low, high;
  double allowed;   ///< Units in the last place.
  bool logarithmic; ///< Samples lie evenly over exponents.
};
} // namespace

static const Function functions[] = {
    {"exp", std::exp, -103, 88.7, 1.1, false},
    {"log", std::log, 1e-44, 3e38, 2, true},
    {"tanh", std::tanh, -11, 11, 3, false},
    {"erf", std::erf, -5, 5, 2, false},
    {"sin", std::sin, -1e6, 1e6, 2, false},
    {"cos", std::cos, -1e6, 1e6, 2, false},
};

static std::string textOf(const std::string &type) {
  std::string text;
  for (const char *name : {"exp", "log", "tanh", "erf", "sin", "cos"}) {
    bool narrow = type == "f32";
    if (!narrow && name != std::string("exp") && name != std::string("log"))
      continue;
    text += "func.func @" + std::string(name) + "(%x: tensor<?x" + type +
            "> {llm.sizes = #llm.sizes<[s0]>}) -> tensor<?x" + type +
            "> {\n  %y = llm." + name + " %x : tensor<?x" + type +
            ">\n  return %y : tensor<?x" + type + ">\n}\n";
  }
  return text;
}

/// Distance from `exact` in units of the last place of a float with so many
/// bits, subnormals included.
static double unitsOff(double value, double exact, int bits, int lowest) {
  int exponent = std::max(std::ilogb(exact), lowest);
  return std::abs(value - exact) / std::ldexp(1.0, exponent - bits);
}

TEST(MathFunctions, FloatsAreWithinTheirBounds) {
  constexpr int64_t count = 100000;
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(textOf("f32"), arch);
    for (const Function &function : functions) {
      runner.select(function.name);
      std::mt19937 random(3);
      std::vector<float> inputs(count);
      for (float &x : inputs) {
        double part = random() / 4294967295.0;
        x = function.logarithmic
                ? std::exp(
                      std::log(function.low) +
                      part * (std::log(function.high) - std::log(function.low)))
                : function.low + part * (function.high - function.low);
      }
      // Small arguments, too.
      for (int64_t i = 0; i < count / 4 && function.low < 0; ++i)
        inputs[i] = std::ldexp(inputs[i], -int(i % 60));
      std::vector<float> results = runner.run({count}, {inputs});
      double worst = 0, at = 0;
      for (int64_t i = 0; i < count; ++i) {
        double off = unitsOff(results[i], function.exact(inputs[i]), 23, -126);
        if (!(off <= worst))
          worst = off, at = inputs[i];
      }
      EXPECT_LE(worst, function.allowed)
          << function.name << "(" << at << ") on " << arch;
      RecordProperty(arch + function.name, std::to_string(worst));
    }
  }
}

TEST(MathFunctions, GeluIsWithinItsBound) {
  constexpr int64_t count = 100000;
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(
        "func.func @gelu(%x: tensor<?xf32> {llm.sizes = #llm.sizes<[s0]>}) -> "
        "tensor<?xf32> {\n  %y = llm.gelu %x approximate none : tensor<?xf32>\n"
        "  return %y : tensor<?xf32>\n}\n",
        arch);
    std::vector<float> inputs(count);
    for (int64_t i = 0; i < count; ++i)
      inputs[i] = 16.0f * i / count - 8;
    std::vector<float> results = runner.run({count}, {inputs});
    double worst = 0, at = 0;
    for (int64_t i = 0; i < count; ++i) {
      double x = inputs[i], exact = x / 2 * std::erfc(-x / std::sqrt(2.0));
      double off = std::abs(results[i] - exact) / std::max(std::abs(x), 1e-30);
      if (!(off <= worst))
        worst = off, at = x;
    }
    EXPECT_LE(worst, 1.7e-7) << "gelu(" << at << ") on " << arch;
    RecordProperty(arch + "gelu", std::to_string(worst));
    results = runner.run({6}, {{0, 20, 3e38f, -20, -3e38f, NAN}});
    for (auto [result, expected] :
         llvm::zip(results, std::vector<float>{0, 20, 3e38f, 0, 0}))
      EXPECT_EQ(result, expected) << arch;
    EXPECT_TRUE(std::isnan(results[5])) << arch;
  }
}

TEST(MathFunctions, DoublesAreWithinTheirBounds) {
  constexpr int64_t count = 20000;
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(textOf("f64"), arch);
    for (const Function &function : llvm::ArrayRef(functions).take_front(2)) {
      runner.select(function.name);
      std::mt19937 random(3);
      auto arguments = runner.makeArguments({count});
      for (double &x : arguments[0].floats()) {
        double part = random() / 4294967295.0;
        x = function.logarithmic ? std::exp(700 * (2 * part - 1))
                                 : 700 * (2 * part - 1);
      }
      HostTensor result = runner.run({count}, arguments);
      double worst = 0;
      for (int64_t i = 0; i < count; ++i)
        worst =
            std::max(worst, unitsOff(result.floats()[i],
                                     function.exact(arguments[0].floats()[i]),
                                     52, -1022));
      EXPECT_LE(worst, 4) << function.name << " on " << arch;
    }
  }
}

TEST(MathFunctions, EdgesAreExact) {
  struct Edge {
    const char *name;
    float input, expected;
  };
  const Edge edges[] = {{"exp", 0, 1},
                        {"exp", -INFINITY, 0},
                        {"exp", INFINITY, INFINITY},
                        {"exp", 89, INFINITY},
                        {"exp", -110, 0},
                        {"log", 1, 0},
                        {"log", 0, -INFINITY},
                        {"log", INFINITY, INFINITY},
                        {"log", -1, NAN},
                        {"tanh", INFINITY, 1},
                        {"tanh", -INFINITY, -1},
                        {"erf", INFINITY, 1},
                        {"erf", -INFINITY, -1},
                        {"erf", 0, 0},
                        {"tanh", 100, 1},
                        {"sin", 0, 0},
                        {"cos", 0, 1}};
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(textOf("f32"), arch);
    for (const Edge &edge : edges) {
      runner.select(edge.name);
      float result = runner.run({1}, {{edge.input}})[0];
      if (std::isnan(edge.expected))
        EXPECT_TRUE(std::isnan(result)) << edge.name << " " << edge.input;
      else
        EXPECT_EQ(result, edge.expected) << edge.name << " " << edge.input;
    }
    for (const std::string &name : runner.names()) {
      runner.select(name);
      EXPECT_TRUE(std::isnan(runner.run({1}, {{NAN}})[0])) << name;
    }
  }
}
