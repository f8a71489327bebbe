//===- PagedPartsTest.cpp - Attention in parts, merged --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/CPUKernels.h"
#include "test/lib/Codegen/Common/PagedPartsCheck.h"

using namespace weft;

namespace {

class PagedPartsTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (!canRun(GetParam()))
      GTEST_SKIP() << "this machine does not run " << GetParam();
  }
  void check(PagedCase shape,
             llvm::ArrayRef<std::vector<PagedSequence>> steps) {
    bool isNarrow = llvm::StringRef(GetParam()).contains("amx");
    shape.narrow = isNarrow;
    Tolerance tolerance =
        isNarrow ? Tolerance{8e-3, 4e-3} : Tolerance{2e-5, 1e-5};
    checkParts(shape, GetParam(), steps, tolerance);
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, PagedPartsTest,
                         testing::Values("x86-64", "x86-64-v3", "x86-64-v4",
                                         "x86-64-v4+amx-bf16"));

TEST_P(PagedPartsTest, Decode) {
  check({.span = 64}, {{{1, 1}},
                       {{1, 64}},
                       {{1, 65}},
                       {{1, 700}},
                       {{1, 3}, {1, 200}, {1, 64}, {1, 129}}});
}

TEST_P(PagedPartsTest, Mixtures) {
  check({.span = 64}, {{{5, 5}},
                       {{1, 70}, {50, 150}, {1, 1}, {2, 140}},
                       {{0, 5}, {1, 66}, {0, 0}, {4, 4}, {1, 0}},
                       {{100, 100}, {1, 300}}});
}

TEST_P(PagedPartsTest, Shapes) {
  std::vector<std::vector<PagedSequence>> steps{{{1, 200}, {3, 20}}};
  check({.heads = 7, .groups = 1, .pool = "f32", .span = 64}, steps);
  check({.heads = 9, .groups = 3, .depth = 64, .width = 64, .span = 128},
        steps);
  check({.heads = 2, .groups = 1, .depth = 33, .width = 50, .span = 64}, steps);
  check({.block = 16, .span = 48}, steps);
}

TEST_P(PagedPartsTest, WindowsAndCaps) {
  check({.window = 100, .span = 64}, {{{1, 300}, {1, 2}, {30, 200}}});
  check({.window = 33, .softCap = 0.5, .span = 64}, {{{1, 100}, {20, 80}}});
}

TEST_P(PagedPartsTest, HostileTablesRaiseTheFlag) {
  PagedCase shape{.span = 64};
  KernelRunner runner(shape.attention(), GetParam());
  PagedTables good(std::vector<PagedSequence>{{1, 70}, {20, 20}, {1, 130}},
                   shape);
  for (int64_t wrong :
       {int64_t(INT32_MIN), int64_t(-1), int64_t(23), int64_t(INT32_MAX)})
    for (size_t i = 0; i < good.starts.size(); ++i) {
      PagedTables bad = good;
      bad.starts[i] = wrong;
      std::vector<HostTensor> arguments = runner.makeArguments(bad.sizes);
      bad.fill(llvm::MutableArrayRef(arguments).drop_front(3));
      uint32_t error = 0;
      runner.run(bad.sizes, arguments, /*reverse=*/false, &error);
      EXPECT_EQ(error, uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE))
          << wrong << " at " << i;
    }
}

} // namespace
