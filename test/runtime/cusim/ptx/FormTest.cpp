//===- FormTest.cpp - The tables of Opcodes.def -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/Forms.h"
#include "test/runtime/cusim/ptx/FormTexts.h"
#include "test/runtime/cusim/ptx/PtxText.h"

#include <gtest/gtest.h>

using namespace weft;
using namespace weft::cusim::ptx;

static const Opcode Opcodes[] = {
#define CUSIM_OPCODE(NAME, TEXT, ...) Opcode::NAME,
#include "runtime/cusim/ptx/Opcodes.def"
};

static std::string kernelWith(const std::string &statement) {
  return kernelText(".reg .b8 %b<64>;\nA: list: .branchtargets A;\n" +
                    statement);
}

TEST(Form, everyFormIsAnInstruction) {
  size_t numTexts = 0;
  for (Opcode opcode : Opcodes) {
    EXPECT_FALSE(formsOf(opcode).empty()) << textOf(opcode);
    for (const std::string &text : formTexts(opcode)) {
      ++numTexts;
      StatusOr<Module> module = parse(kernelWith(text));
      ASSERT_TRUE(module) << text << "\n" << module.message();
      EXPECT_EQ(module->functions[0].instructions[0].opcode, opcode) << text;
    }
  }
  EXPECT_GT(numTexts, 4000u);
}

/// No word is one that the parser would pass over.
TEST(Form, noInstructionTakesAWordTwice) {
  for (Opcode opcode : Opcodes)
    for (const std::string &text : formTexts(opcode)) {
      size_t end = text.find_first_of(" ;");
      EXPECT_FALSE(parse(kernelWith(std::string(text).insert(end, ".unknown"))))
          << text;
      // .b16.b16 may be one type too few for a form with two.
      size_t opcodeEnd = textOf(opcode).size();
      if (end <= opcodeEnd)
        continue;
      std::string first = text.substr(
          opcodeEnd, text.find_first_of(". ;", opcodeEnd + 1) - opcodeEnd);
      std::string words = text.substr(0, end);
      if (wordOf(first.substr(1))->kind != Word::Kind::Modifier ||
          words.find(first, opcodeEnd + first.size()) != words.npos)
        continue;
      EXPECT_FALSE(parse(kernelWith(std::string(text).insert(end, first))))
          << text << " with " << first;
    }
}

TEST(Form, operandsAreCounted) {
  for (Opcode opcode : Opcodes)
    for (const std::string &text : formTexts(opcode)) {
      std::string more = text;
      more.insert(more.size() - 1,
                  text.find(' ') == text.npos ? " list" : ", list");
      EXPECT_FALSE(parse(kernelWith(more))) << more;
    }
}
