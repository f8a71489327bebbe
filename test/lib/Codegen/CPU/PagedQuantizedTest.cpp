//===- PagedQuantizedTest.cpp - Caches of q8_0 ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/PagedCache.h"
#include "test/lib/Codegen/CPU/CPUKernels.h"
#include "test/lib/Codegen/Common/KernelCheck.h"
#include "test/lib/Codegen/Common/PagedCase.h"

#include "gtest/gtest.h"

using namespace weft;

namespace {

constexpr const char *quantized = "!llm.block<q8_0>";

void fillFloats(HostTensor &tensor, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  for (double &x : tensor.floats())
    x = float(normal(random));
}

/// Random rows, as a cache holds them.
void fillPool(HostTensor &pool, bool isTransposed, unsigned seed) {
  CachePool rows(pool.getShape(), isTransposed);
  std::vector<double> row(pool.getShape()[isTransposed ? 2 : 3]);
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  for (int64_t block = 0; block < pool.getShape()[0]; ++block)
    for (int64_t head = 0; head < pool.getShape()[1]; ++head)
      for (int64_t place = 0; place < rows.blockSize(); ++place) {
        for (double &x : row)
          x = normal(random);
        rows.write(pool, {block, place}, head, row);
      }
}

class PagedQuantizedTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (!canRun(GetParam()))
      GTEST_SKIP() << "this machine does not run " << GetParam();
  }
  bool hasMatrixUnit() const {
    return llvm::StringRef(GetParam()).contains("amx");
  }
  void checkAttention(PagedCase shape,
                      llvm::ArrayRef<std::vector<PagedSequence>> steps) {
    shape.pool = quantized;
    shape.narrow = hasMatrixUnit();
    KernelRunner runner(shape.attention(), GetParam());
    ASSERT_EQ(runner.kernel().family(), "paged_attention");
    for (const std::vector<PagedSequence> &step : steps) {
      SCOPED_TRACE(shape.attention());
      PagedTables tables(step, shape);
      std::vector<HostTensor> arguments = runner.makeArguments(tables.sizes);
      fillFloats(arguments[0], 3);
      fillPool(arguments[1], /*isTransposed=*/true, 1);
      fillPool(arguments[2], /*isTransposed=*/false, 2);
      tables.fill(llvm::MutableArrayRef(arguments).drop_front(3));
      HostTensor got = runner.run(tables.sizes, arguments);
      expectClose(got, runner.evaluate(tables.sizes, arguments),
                  hasMatrixUnit() ? Tolerance{3e-2, 1e-2}
                                  : Tolerance{2e-5, 1e-5},
                  runner.kernel().name());
    }
  }
  void checkWrite(PagedCase shape,
                  llvm::ArrayRef<std::vector<PagedSequence>> steps) {
    shape.pool = quantized;
    for (bool isTransposed : {false, true}) {
      KernelRunner runner(shape.write(isTransposed), GetParam());
      ASSERT_EQ(runner.kernel().family(), "write_cache");
      for (const std::vector<PagedSequence> &step : steps) {
        SCOPED_TRACE(shape.write(isTransposed));
        PagedTables tables(step, shape);
        std::vector<HostTensor> arguments = runner.makeArguments(tables.sizes);
        fillFloats(arguments[0], 3);
        // A head of zeros has a scale of zero.
        for (int64_t i = 0; i < shape.depth; ++i)
          arguments[0].floats()[i] = 0;
        fillPool(arguments[1], isTransposed, 1);
        tables.fill(llvm::MutableArrayRef(arguments).slice(2, 3));
        HostTensor expected = runner.evaluate(tables.sizes, arguments);
        for (bool reverse : {false, true})
          EXPECT_EQ(runner.run(tables.sizes, arguments, reverse).bytes(),
                    expected.bytes());
      }
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, PagedQuantizedTest,
                         testing::Values("x86-64", "x86-64-v3", "x86-64-v4",
                                         "x86-64-v4+amx-bf16"));

TEST_P(PagedQuantizedTest, WritesRoundedRows) {
  checkWrite({},
             {{{1, 1}}, {{130, 130}}, {{1, 70}, {30, 90}, {0, 4}, {2, 65}}});
  checkWrite({.groups = 3, .depth = 96, .blocks = 5}, {{{1, 70}, {3, 66}}});
}

TEST_P(PagedQuantizedTest, Decodes) {
  checkAttention(
      {},
      {{{1, 1}}, {{1, 64}}, {{1, 65}}, {{1, 3}, {1, 200}, {1, 64}, {1, 129}}});
}

TEST_P(PagedQuantizedTest, Prompts) {
  checkAttention({}, {{{5, 5}}, {{150, 150}}, {{1, 70}, {50, 150}, {2, 140}}});
}

TEST_P(PagedQuantizedTest, Shapes) {
  std::vector<std::vector<PagedSequence>> steps{{{1, 130}, {20, 33}}};
  checkAttention({.heads = 9, .groups = 3, .depth = 64, .width = 64}, steps);
  checkAttention({.heads = 2, .groups = 1, .depth = 96, .width = 128}, steps);
  checkAttention({.window = 33, .softCap = 0.5}, steps);
}

} // namespace
