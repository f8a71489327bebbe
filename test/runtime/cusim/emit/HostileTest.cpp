//===- HostileTest.cpp - Whatever parses is translated or refused -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/emit/Translate.h"
#include "test/runtime/cusim/ptx/FormTexts.h"
#include "test/runtime/cusim/ptx/Mutation.h"
#include "test/runtime/cusim/ptx/PtxText.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace weft::cusim;
using ptx::Opcode;

static const Opcode Opcodes[] = {
#define CUSIM_OPCODE(NAME, TEXT, ...) Opcode::NAME,
#include "runtime/cusim/ptx/Opcodes.def"
};

/// What the simulator knows but cannot run, of an instruction that parses.
static const char *const Refusals[] = {
    "the simulator does not support 'discard'",
    "the simulator does not support 'st.bulk'",
    "an alignment of ",
    "the simulator does not support 'tensormap.",
    "atomics of 128 bits are not supported",
    "mapa: generic addresses have 64 bits",
    "mma: .m8n8k4 is not supported for .f16",
    "mma: does not multiply .f16 and .f16 into .f32 from .f16",
    // Through a register: ptxas accepts it, but what lies there is undefined.
    "only parameters of a call and results can be written",
};

static std::string kernelWith(const std::string &statements) {
  return ptx::kernelText(".reg .b8 %b<64>;\nA: list: .branchtargets A;\n" +
                         statements);
}

class Hostile : public ::testing::TestWithParam<unsigned> {
protected:
  std::string errorOf(const std::string &text, bool checksRaces = false) {
    CompileOptions options;
    options.width = GetParam();
    options.checkRaces = checksRaces && GetParam() == 1;
    options.count = checksRaces;
    return translationError(text, options);
  }
};

TEST_P(Hostile, everyFormIsTranslatedOrRefused) {
  for (Opcode opcode : Opcodes)
    for (const std::string &text : ptx::formTexts(opcode)) {
      std::string error = errorOf(kernelWith(text));
      bool isKnown = std::any_of(
          std::begin(Refusals), std::end(Refusals), [&](const char *known) {
            return error.find(known) != std::string::npos;
          });
      EXPECT_TRUE(error.empty() || isKnown) << text << "\n" << error;
      EXPECT_TRUE(error.empty() || error.starts_with("line 15, column 1: "))
          << error;
    }
}

/// Instructions in any order, with branches that cross.
TEST_P(Hostile, randomKernelsAreTranslated) {
  std::mt19937 random(5);
  std::vector<std::string> texts;
  for (Opcode opcode : Opcodes)
    for (const std::string &text : ptx::formTexts(opcode))
      if (errorOf(kernelWith(text)).empty())
        texts.push_back(text);
  for (int round = 0; round < 100; ++round) {
    std::string statements;
    constexpr unsigned count = 30;
    for (unsigned i = 0; i < count; ++i) {
      statements += "L" + std::to_string(i) + ":\n";
      const char *guards[] = {"@%p1 ", "@!%p2 ", ""};
      statements +=
          guards[random() % 3] + texts[random() % texts.size()] + "\n";
      if (random() % 2)
        statements += std::string(guards[random() % 3]) + "bra L" +
                      std::to_string(random() % count) + ";\n";
    }
    std::string text = kernelWith(statements);
    EXPECT_EQ(errorOf(text, /*checksRaces=*/round % 2), "") << text;
  }
}

TEST_P(Hostile, mutatedTextsAreErrorsOrTranslated) {
  std::mt19937 random(7);
  size_t numTranslated = 0;
  for (const char *name :
       {"directives.ptx", "constructs-nvcc.ptx", "constructs-clang.ptx"}) {
    std::string seed = ptx::inputText(name);
    EXPECT_EQ(errorOf(seed), "") << name;
    for (size_t round = 0; round < 800000 / seed.size(); ++round)
      numTranslated += errorOf(ptx::mutated(seed, random)).empty();
  }
  EXPECT_GT(numTranslated, 5u);
}

INSTANTIATE_TEST_SUITE_P(Widths, Hostile, ::testing::Values(1u, 32u));
