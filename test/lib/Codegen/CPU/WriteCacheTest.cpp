//===- WriteCacheTest.cpp - Rows into paged caches ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/CPUKernels.h"
#include "test/lib/Codegen/Common/KernelCheck.h"
#include "test/lib/Codegen/Common/PagedCase.h"

#include "gtest/gtest.h"

using namespace weft;

namespace {

class WriteCacheTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (!canRun(GetParam()))
      GTEST_SKIP() << "this machine does not run " << GetParam();
  }
  /// All of the pool: what is not written stays.
  void check(KernelRunner &runner, const PagedTables &tables,
             llvm::ArrayRef<HostTensor> arguments) {
    ASSERT_EQ(runner.kernel().family(), "write_cache");
    HostTensor expected = runner.evaluate(tables.sizes, arguments);
    expected.roundToElementType();
    for (bool reverse : {false, true})
      expectClose(runner.run(tables.sizes, arguments, reverse), expected,
                  {0, 0}, runner.kernel().name());
  }
  void check(const PagedCase &shape,
             llvm::ArrayRef<std::vector<PagedSequence>> steps) {
    for (bool transposed : {false, true}) {
      KernelRunner runner(shape.write(transposed), GetParam());
      for (const std::vector<PagedSequence> &step : steps) {
        SCOPED_TRACE(shape.write(transposed));
        PagedTables tables(step, shape);
        check(runner, tables, tables.makeArguments(runner));
      }
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, WriteCacheTest,
                         testing::Values("x86-64", "x86-64-v3", "x86-64-v4"));

TEST_P(WriteCacheTest, Mixtures) {
  for (const char *pool : {"f32", "f16", "bf16"})
    check({.pool = pool}, {{{1, 1}},
                           {{1, 65}},
                           {{130, 130}},
                           {{1, 70}, {30, 90}, {0, 4}, {2, 65}}});
}

TEST_P(WriteCacheTest, RowSizes) {
  for (int64_t depth : {1, 7, 16, 80, 33})
    check({.groups = 3, .depth = depth, .blocks = 5}, {{{1, 70}, {3, 66}}});
  check({.block = 16}, {{{5, 70}, {1, 17}}});
}

TEST_P(WriteCacheTest, TokensOfNoSequenceAreNotWritten) {
  PagedCase shape;
  KernelRunner runner(shape.write(true), GetParam());
  PagedTables tables(std::vector<PagedSequence>{{4, 70}, {20, 20}}, shape);
  tables.starts = {1, 3, 20};
  check(runner, tables, tables.makeArguments(runner));
}

TEST_P(WriteCacheTest, HostileTablesRaiseTheFlag) {
  PagedCase shape;
  KernelRunner runner(shape.write(true), GetParam());
  PagedTables good(std::vector<PagedSequence>{{1, 70}, {20, 20}}, shape);
  auto errorOf = [&](const PagedTables &tables) {
    uint32_t error = 0;
    runner.run(tables.sizes, tables.makeArguments(runner), false, &error);
    return error;
  };
  EXPECT_EQ(errorOf(good), 0u);
  for (int64_t wrong :
       {int64_t(INT32_MIN), int64_t(-1), int64_t(128), int64_t(INT32_MAX)}) {
    PagedTables bad = good;
    bad.positions[0] = wrong;
    EXPECT_EQ(errorOf(bad), uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE)) << wrong;
    bad = good;
    bad.table[1] = wrong;
    EXPECT_EQ(errorOf(bad), uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE)) << wrong;
    bad = good;
    bad.starts[1] = wrong;
    EXPECT_EQ(errorOf(bad), uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE)) << wrong;
  }
}

TEST_P(WriteCacheTest, WrongPlacesAreNotWritten) {
  PagedCase shape;
  for (bool transposed : {false, true}) {
    KernelRunner runner(shape.write(transposed), GetParam());
    PagedTables good(std::vector<PagedSequence>{{1, 70}, {20, 20}}, shape);
    // As if the first token belonged to no sequence.
    PagedTables without = good;
    without.starts[0] = 1;
    HostTensor expected =
        runner.evaluate(good.sizes, without.makeArguments(runner));
    expected.roundToElementType();
    auto check = [&](const PagedTables &bad) {
      uint32_t error = 0;
      HostTensor pool = runner.run(bad.sizes, bad.makeArguments(runner),
                                   /*reverse=*/false, &error);
      EXPECT_EQ(error, uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE));
      expectClose(pool, expected, {0, 0}, "beside a wrong place");
    };
    for (int64_t wrong :
         {int64_t(INT32_MIN), int64_t(-1), int64_t(128), int64_t(INT32_MAX)}) {
      PagedTables bad = good;
      bad.positions[0] = wrong;
      check(bad);
      bad = good;
      bad.table[1] = wrong;
      check(bad);
    }
  }
}

TEST_P(WriteCacheTest, TurnsRows) {
  for (const char *style : {"half", "interleaved"}) {
    std::string text = R"mlir(
      func.func @f(
          %x: tensor<?x2x32xf32> {llm.sizes = #llm.sizes<[s0, 2, 32]>},
          %k: tensor<40x2x32x64xf32> {llm.sizes = #llm.sizes<[40, 2, 32, 64]>},
          TABLES,
          %c: tensor<?x16xf32> {llm.sizes = #llm.sizes<[s0, 16]>},
          %n: tensor<?x16xf32> {llm.sizes = #llm.sizes<[s0, 16]>})
          -> tensor<40x2x32x64xf32> {
        %0 = llm.rope %x, %c, %n style STYLE : tensor<?x2x32xf32>, tensor<?x16xf32>, tensor<?x16xf32>
        %1 = llm.write_cache %0, %k positions %p sequences %s blocks %t transposed : tensor<?x2x32xf32>, tensor<40x2x32x64xf32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
        return %1 : tensor<40x2x32x64xf32>
      })mlir";
    text.replace(text.find("TABLES"), 6, PagedCase::tables());
    text.replace(text.find("STYLE"), 5, style);
    KernelRunner runner(text, GetParam());
    PagedTables tables(std::vector<PagedSequence>{{1, 70}, {20, 20}},
                       PagedCase{});
    std::vector<HostTensor> arguments = tables.makeArguments(runner);
    std::vector<HostTensor> angles(arguments.begin() + 5, arguments.end());
    fill(angles, -1, 1, 3);
    llvm::copy(angles, arguments.begin() + 5);
    HostTensor expected = runner.evaluate(tables.sizes, arguments);
    expectClose(runner.run(tables.sizes, arguments), expected, {1e-6, 1e-6},
                style);
  }
}

} // namespace
