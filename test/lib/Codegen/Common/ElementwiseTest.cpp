//===- ElementwiseTest.cpp - Elementwise kernels --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/Common/KernelCheck.h"

#include <gtest/gtest.h>

using namespace weft;

static std::string unary(const std::string &name, const std::string &op,
                         const std::string &suffix, const std::string &type) {
  std::string tensor = "tensor<?x?x" + type + ">";
  return "func.func @" + name + "(%x: " + tensor +
         " {llm.sizes = #llm.sizes<[s0, s1]>}) -> " + tensor +
         " {\n  %y = llm." + op + " %x " + suffix + " : " + tensor +
         "\n  return %y : " + tensor + "\n}\n";
}

static std::string binary(const std::string &op, const std::string &type) {
  std::string left = "tensor<?x?x?x" + type + ">",
              right = "tensor<?x1x?x" + type + ">";
  return "func.func @" + op + "_" + type + "(%x: " + left +
         " {llm.sizes = #llm.sizes<[s0, s1, s2]>}, %y: " + right +
         " {llm.sizes = #llm.sizes<[s0, 1, s2]>}) -> " + left +
         " {\n  %z = llm." + op + " %x, %y : " + left + ", " + right + " -> " +
         left + "\n  return %z : " + left + "\n}\n";
}

static const std::vector<std::vector<int64_t>> shapes2 = {
    {1, 1}, {1, 16}, {3, 17}, {2, 97}, {1, 4097}};
static const std::vector<std::vector<int64_t>> shapes3 = {
    {1, 1, 1}, {2, 3, 5}, {3, 2, 16}, {2, 2, 33}};

TEST(ElementwiseKernels, UnaryFloats) {
  std::string text;
  for (const char *op : {"abs", "neg", "sign", "exp", "sqrt", "rsqrt",
                         "reciprocal", "sin", "cos", "tanh", "erf", "sigmoid",
                         "relu", "floor", "ceil", "round", "log"})
    text += unary(op, op, "", "f32");
  text += unary("gelu_none", "gelu", "approximate none", "f32");
  text += unary("gelu_tanh", "gelu", "approximate tanh", "f32");
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      bool positive = name == "sqrt" || name == "rsqrt" || name == "log";
      expectEqual(runner, shapes2, positive ? 0.01 : -6, 6, {1e-6, 2e-6});
      EXPECT_EQ(runner.kernel().family(), "map");
    }
  }
}

TEST(ElementwiseKernels, UnaryDoublesAndIntegers) {
  std::string text;
  for (const char *op : {"abs", "neg", "sign", "relu"})
    text += unary(std::string(op) + "_i", op, "", "i32");
  text += unary("not_i1", "not", "", "i1");
  text += unary("not_i64", "not", "", "i64");
  for (const char *op : {"exp", "sqrt", "sigmoid", "floor", "ceil", "round"})
    text += unary(op, op, "", "f64");
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      expectEqual(runner, shapes2, name == "sqrt" ? 0.5 : -9, 9,
                  {1e-14, 1e-14});
    }
  }
}

TEST(ElementwiseKernels, Binary) {
  std::string text;
  for (const char *op : {"add", "sub", "mul", "div", "min", "max"})
    for (const char *type : {"f32", "f64", "i64", "i32"})
      text += binary(op, type);
  for (const char *op : {"and", "or", "xor"})
    for (const char *type : {"i1", "i8"})
      text += binary(op, type);
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      bool divides = name.starts_with("div");
      expectEqual(runner, shapes3, divides ? 1 : -20, 20, {1e-6, 1e-6});
    }
  }
}

TEST(ElementwiseKernels, ModuloTakesTheDivisorsSign) {
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(binary("mod", "i32"), arch);
    for (auto [x, y, expected] :
         {std::array{7, 3, 1}, {-7, 3, 2}, {7, -3, -2}, {-6, 3, 0}}) {
      auto arguments = runner.makeArguments({1, 1, 1});
      arguments[0].integers()[0] = x;
      arguments[1].integers()[0] = y;
      EXPECT_EQ(runner.run({1, 1, 1}, arguments).integers()[0], expected);
    }
  }
}

TEST(ElementwiseKernels, Power) {
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(binary("pow", "f32"), arch);
    expectEqual(runner, shapes3, 0.1, 5, {1e-7, 1e-6});
    for (auto [x, y] : {std::pair(-2.0, 3.0),
                        {-2.0, 2.0},
                        {0.0, 2.0},
                        {0.0, 0.0},
                        {-2.0, 0.5},
                        {0.0, -1.0},
                        {1.0, 1e30}}) {
      auto arguments = runner.makeArguments({1, 1, 1});
      arguments[0].floats()[0] = x;
      arguments[1].floats()[0] = y;
      double got = runner.run({1, 1, 1}, arguments).floats()[0];
      double wanted = std::pow(x, y);
      if (std::isnan(wanted))
        EXPECT_TRUE(std::isnan(got)) << x << " " << y;
      else
        EXPECT_FLOAT_EQ(got, wanted) << x << " " << y;
    }
  }
}

TEST(ElementwiseKernels, SelectCompareAndCast) {
  const char *text = R"(
    func.func @masked(%m: tensor<?x?xi64> {llm.sizes = #llm.sizes<[s0, s1]>}, %x: tensor<?x?xf32> {llm.sizes = #llm.sizes<[s0, s1]>}) -> tensor<?x?xf32> {
      %zero = llm.constant dense<0> : tensor<i64>
      %low = llm.constant dense<-3.0e38> : tensor<f32>
      %keep = llm.compare gt %m, %zero : tensor<?x?xi64>, tensor<i64> -> tensor<?x?xi1>
      %y = llm.select %keep, %x, %low : tensor<?x?xi1>, tensor<?x?xf32>, tensor<f32> -> tensor<?x?xf32>
      return %y : tensor<?x?xf32>
    }
    func.func @compares(%x: tensor<?x?xf32> {llm.sizes = #llm.sizes<[s0, s1]>}, %y: tensor<?x?xf32> {llm.sizes = #llm.sizes<[s0, s1]>}) -> tensor<?x?xi1> {
      %a = llm.compare ge %x, %y : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xi1>
      return %a : tensor<?x?xi1>
    }
  )";
  std::string casts;
  int number = 0;
  std::vector<std::string> types = {"i1",  "i8",   "ui8", "i32", "i64",
                                    "f16", "bf16", "f32", "f64"};
  for (const std::string &from : types)
    for (const std::string &to : types)
      if (from != to)
        casts +=
            "func.func @cast" + std::to_string(number++) + "(%x: tensor<?x" +
            from + "> {llm.sizes = #llm.sizes<[s0]>}) -> tensor<?x" + to +
            "> {\n %y = llm.cast %x : tensor<?x" + from + "> -> tensor<?x" +
            to + ">\n return %y : tensor<?x" + to + ">\n}\n";
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    expectEqual(runner, shapes2, -1, 1);
    runner.select("compares");
    expectEqual(runner, shapes2);
    KernelRunner caster(casts, arch);
    for (const std::string &name : caster.names()) {
      caster.select(name);
      expectEqual(caster, {{1}, {16}, {37}}, -40, 300, {0, 0});
    }
  }
}

/// Narrow floats at their edges: subnormal, halfway, overflow.
TEST(ElementwiseKernels, NarrowFloatsRoundToNearestEven) {
  const char *text = R"(
    func.func @half(%x: tensor<?xf32> {llm.sizes = #llm.sizes<[s0]>}) -> tensor<?xf16> {
      %y = llm.cast %x : tensor<?xf32> -> tensor<?xf16>
      return %y : tensor<?xf16>
    }
    func.func @brain(%x: tensor<?xf32> {llm.sizes = #llm.sizes<[s0]>}) -> tensor<?xbf16> {
      %y = llm.cast %x : tensor<?xf32> -> tensor<?xbf16>
      return %y : tensor<?xbf16>
    }
    func.func @widen(%x: tensor<?xf16> {llm.sizes = #llm.sizes<[s0]>}) -> tensor<?xf32> {
      %y = llm.cast %x : tensor<?xf16> -> tensor<?xf32>
      return %y : tensor<?xf32>
    }
  )";
  std::vector<double> values = {
      0,         -0.0,        1,           65504,   65519,    65520,  1e10,
      -INFINITY, NAN,         6e-8,        3e-8,    2.9e-8,   6.1e-5, 6.09e-5,
      1e-40,     1 + 0x1p-11, 1 + 0x3p-11, 0x1p-24, 0x1.8p-24};
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      int64_t count = values.size();
      auto arguments = runner.makeArguments({count});
      llvm::copy(values, arguments[0].floats().begin());
      arguments[0].roundToElementType();
      HostTensor expected = runner.evaluate({count}, arguments);
      expected.roundToElementType();
      expectClose(runner.run({count}, arguments), expected, {0, 0},
                  name + " " + arch);
    }
  }
}
