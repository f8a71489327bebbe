//===- PagedPartsTest.cpp - Attention in parts on a simulated GPU ---------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/Common/PagedPartsCheck.h"

using namespace weft;

namespace {

using Step = std::vector<PagedSequence>;

void check(const PagedCase &shape, llvm::ArrayRef<Step> steps) {
  // Queries and weights of several tokens are rounded to f16.
  bool isRounded =
      shape.pool == "f16" && llvm::any_of(steps, [](const Step &step) {
        return llvm::any_of(
            step, [](PagedSequence sequence) { return sequence.tokens > 1; });
      });
  checkParts(shape, "sm_80", steps,
             isRounded ? Tolerance{8e-3, 4e-3} : Tolerance{2e-5, 1e-5});
}

} // namespace

TEST(PagedPartsTest, Decode) {
  check(
      {.span = 64},
      {{{1, 1}}, {{1, 64}}, {{1, 65}}, {{1, 3}, {1, 200}, {1, 64}, {1, 129}}});
}

TEST(PagedPartsTest, Mixtures) {
  check({.span = 128}, {{{5, 5}},
                        {{1, 130}, {50, 150}, {1, 1}, {2, 140}, {65, 65}},
                        {{0, 5}, {1, 266}, {0, 0}, {4, 4}, {1, 0}}});
}

TEST(PagedPartsTest, Shapes) {
  Step step{{1, 200}, {3, 20}};
  // More heads than an item has, f32 caches, and other sizes of blocks.
  check({.heads = 11,
         .groups = 1,
         .depth = 16,
         .width = 16,
         .pool = "f32",
         .span = 64},
        {step});
  check({.heads = 2,
         .groups = 1,
         .depth = 8,
         .width = 24,
         .pool = "f32",
         .block = 16,
         .span = 48},
        {step});
}

TEST(PagedPartsTest, WindowsAndCaps) {
  check({.window = 33, .softCap = 0.5, .span = 64},
        {{{1, 300}, {1, 2}, {30, 100}}});
}
