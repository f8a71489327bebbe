//===- BlockLinearTest.cpp - Linear ops with quantized weights ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/BlockLinearCase.h"
#include "test/lib/Codegen/CPU/CPUKernels.h"

#include "mlir/IR/Diagnostics.h"
#include <gtest/gtest.h>

using namespace weft;

namespace {
std::vector<HostTensor>
makeArguments(KernelRunner &runner, const BlockLinearCase &each, int64_t rows) {
  std::vector<HostTensor> arguments = runner.makeArguments({rows});
  std::mt19937 random(rows);
  std::normal_distribution<double> normal;
  for (double &x : arguments[0].floats())
    x = normal(random);
  arguments[0].roundToElementType();
  for (double &x : arguments[2].floats())
    x = float(normal(random));
  arguments[1].setStoredBytes(randomPackedBlocks(*blockFormatNamed(each.format),
                                                 each.columns, each.depth, 7));
  return arguments;
}

/// The difference's norm over that of what is expected.
double relativeError(const HostTensor &result, const HostTensor &expected) {
  double error = 0, norm = 0;
  for (auto [x, y] : llvm::zip_equal(result.floats(), expected.floats())) {
    error += (x - y) * (x - y);
    norm += y * y;
  }
  return std::sqrt(error / norm);
}

/// Kernels of `cases` on `arch`, compared with the reference.
void check(const std::vector<BlockLinearCase> &cases, const std::string &arch,
           llvm::ArrayRef<int64_t> rowCounts, bool reverse = false) {
  std::string text;
  for (const BlockLinearCase &each : cases)
    text += each.text();
  KernelRunner runner(text, arch);
  for (const BlockLinearCase &each : cases) {
    runner.select(each.name());
    EXPECT_EQ(runner.kernel().family(), "block_linear");
    for (int64_t rows : rowCounts) {
      std::vector<HostTensor> arguments = makeArguments(runner, each, rows);
      HostTensor expected = runner.evaluate({rows}, arguments);
      HostTensor result = runner.run({rows}, arguments, reverse);
      // bf16 has 8 bits, and tiles take the input without rounding it to q8.
      bool hasTiles = llvm::StringRef(arch).contains("amx") && rows > 8 &&
                      !each.activations.empty();
      EXPECT_LT(relativeError(result, expected), hasTiles ? 1e-2 : 1e-5)
          << each.name() << " on " << arch << " with " << rows << " rows";
    }
  }
}

/// The levels, and all features.
std::vector<std::string> mainArchsHere() {
  std::vector<std::string> archs = archsHere();
  if (canRun("x86-64-v4+avx512vnni+amx-bf16"))
    archs.push_back("x86-64-v4+avx512vnni+amx-bf16");
  return archs;
}

/// What differs from the others in the dot product alone.
std::vector<std::string> otherArchsHere() {
  std::vector<std::string> archs;
  for (const char *arch : {"x86-64-v3+avxvnni", "x86-64-v4+avx512vnni"})
    if (canRun(arch))
      archs.push_back(arch);
  return archs;
}

BlockLinearCase caseOf(const BlockFormatInfo &info) {
  return {std::string(info.name), 37, info.elements == 32 ? 96 : 512};
}
} // namespace

TEST(BlockLinear, EveryFormatOnEveryLevel) {
  std::vector<BlockLinearCase> cases;
  for (const BlockFormatInfo &info : blockFormats())
    cases.push_back(caseOf(info));
  for (const std::string &arch : mainArchsHere())
    check(cases, arch, {1, 2, 3, 5, 8, 9, 70});
}

TEST(BlockLinear, EveryDotProduct) {
  std::vector<BlockLinearCase> cases;
  // Integers of 4 and 8 bits; high nibbles in place; two parts with minima.
  for (BlockFormat format : {BlockFormat::Q4_0, BlockFormat::Q8_0,
                             BlockFormat::Q4_K, BlockFormat::Q2_K})
    cases.push_back(caseOf(infoOf(format)));
  for (const std::string &arch : otherArchsHere())
    check(cases, arch, {1, 2, 3, 5, 8, 9, 70});
}

TEST(BlockLinear, EverySize) {
  for (const std::string &arch : mainArchsHere())
    for (auto [columns, depth] :
         {std::pair(3, 32), {16, 64}, {17, 32}, {1600, 32}, {1545, 64}})
      check({{"q4_1", columns, depth}}, arch,
            {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 64, 65, 256, 257, 300});
}

TEST(BlockLinear, ItemsAreIndependent) {
  for (const std::string &arch : mainArchsHere())
    check({{"q8_0", 133, 96}}, arch, {1, 9, 70, 300}, /*reverse=*/true);
}

/// A function (input, weight, bias) of one result of a product's two halves.
static std::string textOfHalves(const BlockLinearCase &each) {
  std::string n = std::to_string(each.columns), k = std::to_string(each.depth),
              h = std::to_string(each.columns / 2);
  std::string x = "tensor<?x" + k + "xf32>", y = "tensor<?x" + n + "xf32>",
              z = "tensor<?x" + h + "xf32>", b = "tensor<" + n + "xf32>",
              w = "tensor<" + n + "x" + k + "x!llm.block<" + each.format +
                  ", 16>>";
  auto half = [&](const std::string &from) {
    return "llm.slice %y offsets [0, " + from + "] sizes [s0, " + h +
           "] strides [1, 1] : " + y + " -> " + z + "\n";
  };
  return "func.func @" + each.name() + "(%x: " + x +
         " {llm.sizes = #llm.sizes<[s0, " + k + "]>}, %w: " + w +
         " {llm.sizes = #llm.sizes<[" + n + ", " + k + "]>}, %b: " + b +
         " {llm.sizes = #llm.sizes<[" + n + "]>}) -> " + z +
         " {\n  %y = llm.linear %x, %w bias %b activations q8 : " + x + ", " +
         w + ", " + b + " -> " + y + "\n  %u = " + half(h) +
         "  %g = " + half("0") + "  %a = llm.silu %g : " + z +
         "\n  %z = llm.mul %u, %a : " + z + ", " + z + " -> " + z +
         "\n  return %z : " + z + "\n}\n";
}

TEST(BlockLinear, HalvesBecomeOne) {
  // Groups of two panels, and of four; the last ones that tiles take together
  // are fewer.
  for (const BlockLinearCase &each : {BlockLinearCase{"q4_0", 64, 96},
                                      {"q8_0", 320, 64},
                                      {"q4_k", 1600, 256}})
    for (const std::string &arch : mainArchsHere()) {
      KernelRunner runner(textOfHalves(each), arch);
      EXPECT_EQ(runner.kernel().family(), "block_linear");
      for (int64_t rows : {1, 3, 8, 9, 70}) {
        std::vector<HostTensor> arguments = makeArguments(runner, each, rows);
        HostTensor expected = runner.evaluate({rows}, arguments);
        bool hasTiles = llvm::StringRef(arch).contains("amx") && rows > 8;
        for (bool reverse : {false, true})
          EXPECT_LT(
              relativeError(runner.run({rows}, arguments, reverse), expected),
              hasTiles ? 2e-2 : 1e-5)
              << each.name() << " on " << arch << " with " << rows << " rows";
      }
    }
}

TEST(BlockLinear, InputOfHalvesAndWithoutRounding) {
  for (const std::string &arch : mainArchsHere())
    check({{"q4_0", 37, 96, "activations q8", "f16"},
           {"q6_k", 37, 256, "activations q8", "bf16"},
           {"q5_1", 37, 96, ""},
           {"q4_k", 133, 256, ""}},
          arch, {1, 7, 70});
}

TEST(BlockLinear, TilesAreAsCloseAsTwoRoundings) {
  const char *arch = "x86-64-v4+avx512vnni+amx-bf16";
  if (!canRun(arch))
    GTEST_SKIP() << "this machine does not run " << arch;
  for (const char *format : {"q4_0", "q4_1", "q8_0", "q4_k", "q6_k"}) {
    BlockLinearCase tiles{format, 133, 512}, exact = tiles;
    exact.activations = "";
    KernelRunner runner(tiles.text() + exact.text(), arch);
    std::vector<HostTensor> arguments = makeArguments(runner, tiles, 70);
    // Without a residual, which has no error.
    llvm::fill(arguments[2].floats(), 0);
    HostTensor result = runner.run({70}, arguments);
    runner.select(exact.name());
    HostTensor expected = runner.evaluate({70}, arguments);
    // A number that is rounded to bf16 is off by 0.0016, in the mean square;
    // here two are multiplied. Numbers of one side must not all be too small.
    EXPECT_LT(relativeError(result, expected), 2.6e-3) << format;
    double product = 0, norm = 0;
    for (auto [x, y] : llvm::zip_equal(result.floats(), expected.floats())) {
      product += x * y;
      norm += y * y;
    }
    EXPECT_NEAR(product / norm, 1, 3e-4) << format;
  }
}

TEST(BlockLinear, ArchsAreChecked) {
  mlir::MLIRContext context;
  mlir::Location here = mlir::UnknownLoc::get(&context);
  std::string message;
  mlir::ScopedDiagnosticHandler handler(&context,
                                        [&](mlir::Diagnostic &diagnostic) {
                                          message = diagnostic.str();
                                          return mlir::success();
                                        });
  auto target = resolveCPUTarget("x86-64-v4+amx-bf16+avx512vnni", here);
  ASSERT_TRUE(mlir::succeeded(target));
  EXPECT_EQ(target->arch, "x86-64-v4+avx512vnni+amx-bf16");
  EXPECT_TRUE(llvm::is_contained(target->features, "amx-tile"));
  EXPECT_TRUE(mlir::failed(resolveCPUTarget("x86-64-v3+avx512vnni", here)));
  EXPECT_EQ(
      message,
      "--arch 'x86-64-v3+avx512vnni' names 'avx512vnni'; expected avxvnni "
      "with x86-64-v3, avx512vnni or amx-bf16 with x86-64-v4");
}
