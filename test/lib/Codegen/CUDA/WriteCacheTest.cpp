//===- WriteCacheTest.cpp - Rows into paged caches on a simulated GPU -----===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/Common/KernelCheck.h"
#include "test/lib/Codegen/Common/PagedCase.h"

#include "gtest/gtest.h"

using namespace weft;

namespace {

/// All of the pool: what is not written stays.
void check(KernelRunner &runner, const PagedTables &tables,
           llvm::ArrayRef<HostTensor> arguments) {
  ASSERT_EQ(runner.kernel().family(), "write_cache");
  HostTensor expected = runner.evaluate(tables.sizes, arguments);
  expected.roundToElementType();
  expectClose(runner.run(tables.sizes, arguments), expected, {0, 0},
              runner.kernel().name());
}

TEST(WriteCacheTest, Mixtures) {
  std::vector<PagedCase> shapes = {
      {.pool = "f16", .blocks = 6},
      {.groups = 3, .depth = 20, .pool = "f32", .blocks = 6},
      {.groups = 1, .depth = 7, .pool = "bf16", .block = 16, .blocks = 16}};
  for (const PagedCase &shape : shapes)
    for (bool transposed : {false, true}) {
      SCOPED_TRACE(shape.write(transposed));
      KernelRunner runner(shape.write(transposed), "sm_80");
      PagedTables tables({{1, 70}, {40, 90}, {0, 4}, {2, 65}}, shape);
      check(runner, tables, tables.makeArguments(runner));
      // Tokens of no sequence are not written.
      tables.starts = {1, 1, 15, 15, 20};
      check(runner, tables, tables.makeArguments(runner));
    }
}

TEST(WriteCacheTest, WrongPlacesAreNotWritten) {
  PagedCase shape{.blocks = 6};
  KernelRunner runner(shape.write(/*transposed=*/true), "sm_80");
  PagedTables good(std::vector<PagedSequence>{{1, 70}, {20, 20}}, shape);
  // As if the first token belonged to no sequence.
  PagedTables without = good;
  without.starts[0] = 1;
  HostTensor expected =
      runner.evaluate(good.sizes, without.makeArguments(runner));
  expected.roundToElementType();
  auto expectError = [&](const PagedTables &bad) {
    uint32_t error = 0;
    HostTensor pool = runner.run(bad.sizes, bad.makeArguments(runner),
                                 /*reverse=*/false, &error);
    EXPECT_EQ(error, uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE));
    expectClose(pool, expected, {0, 0}, "beside a wrong place");
  };
  for (int64_t wrong : {int64_t(INT32_MIN), int64_t(-1), int64_t(128)}) {
    PagedTables bad = good;
    bad.positions[0] = wrong;
    expectError(bad);
    bad = good;
    bad.table[1] = wrong;
    expectError(bad);
  }
}

TEST(WriteCacheTest, TurnsRows) {
  for (const char *style : {"half", "interleaved"}) {
    std::string text = R"mlir(
      func.func @f(
          %x: tensor<?x2x32xf32> {llm.sizes = #llm.sizes<[s0, 2, 32]>},
          %k: tensor<6x2x32x64xf16> {llm.sizes = #llm.sizes<[6, 2, 32, 64]>},
          TABLES,
          %c: tensor<?x16xf32> {llm.sizes = #llm.sizes<[s0, 16]>},
          %n: tensor<?x16xf32> {llm.sizes = #llm.sizes<[s0, 16]>})
          -> tensor<6x2x32x64xf16> {
        %0 = llm.rope %x, %c, %n style STYLE : tensor<?x2x32xf32>, tensor<?x16xf32>, tensor<?x16xf32>
        %1 = llm.write_cache %0, %k positions %p sequences %s blocks %t transposed : tensor<?x2x32xf32>, tensor<6x2x32x64xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>
        return %1 : tensor<6x2x32x64xf16>
      })mlir";
    text.replace(text.find("TABLES"), 6, PagedCase::tables());
    text.replace(text.find("STYLE"), 5, style);
    KernelRunner runner(text, "sm_80");
    PagedTables tables(std::vector<PagedSequence>{{1, 70}, {20, 20}},
                       PagedCase{.blocks = 6});
    std::vector<HostTensor> arguments = tables.makeArguments(runner);
    std::vector<HostTensor> angles(arguments.begin() + 5, arguments.end());
    fill(angles, -1, 1, 3);
    llvm::copy(angles, arguments.begin() + 5);
    HostTensor expected = runner.evaluate(tables.sizes, arguments);
    expected.roundToElementType();
    // A last bit may round to the other side.
    expectClose(runner.run(tables.sizes, arguments), expected, {1e-6, 1e-3},
                style);
  }
}

} // namespace
