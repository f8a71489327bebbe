//===- HostileTest.cpp - Texts that mean harm ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/ptx/Mutation.h"
#include "test/runtime/cusim/ptx/PtxText.h"
#include "test/runtime/cusim/ptx/Soundness.h"

#include <gtest/gtest.h>

using namespace weft;
using namespace weft::cusim::ptx;

/// Returns whether the text is a module.
static bool parseHostile(const std::string &text) {
  StatusOr<Module> module = parse(text);
  if (!module) {
    EXPECT_EQ(module.message().substr(0, 5), "line ");
    EXPECT_NE(module.message().find(", column "), std::string::npos);
    EXPECT_LT(module.message().size(), 4096u);
    return false;
  }
  EXPECT_EQ(unsoundPlace(*module), "");
  return true;
}

static std::vector<std::string> seeds() {
  return {inputText("directives.ptx"), inputText("constructs-nvcc.ptx"),
          inputText("constructs-clang.ptx")};
}

TEST(Hostile, truncatedTextsAreErrors) {
  for (const std::string &seed : seeds()) {
    size_t numModules = 0;
    for (size_t length = 0; length < seed.size();
         length += 1 + seed.size() / 1000)
      numModules += parseHostile(seed.substr(0, length));
    // Between two directives a prefix is a module.
    EXPECT_LT(numModules, 100u);
  }
}

TEST(Hostile, mutatedTextsAreErrorsOrSound) {
  std::mt19937 random(20261122);
  size_t numErrors = 0;
  for (const std::string &seed : seeds()) {
    for (size_t round = 0; round < 6000000 / seed.size(); ++round) {
      numErrors += !parseHostile(mutated(seed, random));
    }
  }
  // Most hits are in instructions, where nearly every byte counts.
  EXPECT_GT(numErrors, 1500u);
}

TEST(Hostile, hugeNumbersTakeNoMemory) {
  EXPECT_TRUE(parseHostile(
      kernelText(".reg .b32 %x<18446744073709551615>; mov.b32 %x7, 0;")));
  EXPECT_TRUE(parseHostile(kernelText(".local .b8 x[1099511627776];")));
  EXPECT_FALSE(
      parseHostile(moduleText(".global .b8 x[2][1073741824] = {{1}, {2}};")));
  EXPECT_FALSE(parseHostile(
      moduleText(".global .b8 x[65536][65536][65536] = {{{1}}};")));
  std::string rows = ".global .b8 x[9][33554432] = {";
  for (int i = 0; i < 9; ++i)
    rows += "{1},";
  EXPECT_FALSE(parseHostile(moduleText(rows + "};")));
}

TEST(Hostile, depthIsBounded) {
  auto repeated = [](const char *piece) {
    std::string text;
    for (int i = 0; i < 200000; ++i)
      text += piece;
    return text;
  };
  for (const char *piece :
       {"{", "(", "[", "-", "!", "@", "L:", ";", "~", ".b32", "%r1,", "\"",
        "{ .reg .b32 x; ", "/*", "<", "call (", "bra L;"})
    EXPECT_EQ(parseHostile(kernelText(repeated(piece))),
              std::string_view(piece) == ";");
  EXPECT_FALSE(parseHostile(kernelText("mov.b32 %r1, " + repeated("("))));
  EXPECT_FALSE(parseHostile(kernelText("mov.b32 %r1, {" + repeated("{"))));
  EXPECT_FALSE(parseHostile(kernelText("add" + repeated(".rn"))));
  EXPECT_FALSE(parseHostile(kernelText("mov.b32 %r" + repeated("1") + ", 0;")));
  EXPECT_FALSE(parseHostile(moduleText(".global .b8 x[2] = " + repeated("{"))));
  EXPECT_FALSE(parseHostile(moduleText(".global .b8 x" + repeated("[2]"))));
  EXPECT_FALSE(parseHostile(moduleText(".section .s " + repeated("{"))));
}
