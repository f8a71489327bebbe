//===- HostileTest.cpp - Texts that mean harm ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/ptx/PtxText.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

using namespace weft;
using namespace weft::cusim::ptx;

/// Operands lie within what they index, so that nothing that reads the module
/// has to check again.
static void expectSound(const Module &module, const Function &function,
                        const Operand &operand) {
  switch (operand.kind) {
  case Operand::Kind::Register:
    ASSERT_LT(operand.index, function.registers.size());
    ASSERT_LT(operand.component,
              function.registers[operand.index].vectorLength);
    break;
  case Operand::Kind::Label:
    ASSERT_LT(operand.index, function.labels.size());
    ASSERT_LE(function.labels[operand.index].instruction,
              function.instructions.size());
    break;
  case Operand::Kind::Function:
    ASSERT_LT(operand.index, module.functions.size());
    break;
  case Operand::Kind::BranchTargets:
    ASSERT_LT(operand.index, function.branchTargets.size());
    for (uint32_t label : function.branchTargets[operand.index])
      ASSERT_LT(label, function.labels.size());
    break;
  case Operand::Kind::Prototype:
    ASSERT_LT(operand.index, function.prototypes.size());
    break;
  case Operand::Kind::Variable: {
    using Of = VariableRef::Of;
    const VariableRef &variable = operand.variable;
    size_t count = variable.isOfModule             ? module.variables.size()
                   : variable.of == Of::Parameters ? function.parameters.size()
                   : variable.of == Of::Results    ? function.results.size()
                                                   : function.variables.size();
    ASSERT_LT(variable.index, count);
    break;
  }
  default:
    break;
  }
  for (const Operand &element : operand.elements)
    expectSound(module, function, element);
}

/// Returns whether the text is a module.
static bool parseHostile(const std::string &text) {
  StatusOr<Module> module = parse(text);
  if (!module) {
    EXPECT_EQ(module.message().substr(0, 5), "line ");
    EXPECT_NE(module.message().find(", column "), std::string::npos);
    EXPECT_LT(module.message().size(), 4096u);
    return false;
  }
  for (const Function &function : module->functions)
    for (const Instruction &instruction : function.instructions) {
      if (instruction.guard)
        expectSound(*module, function, *instruction.guard);
      for (const Operand &operand : instruction.operands)
        expectSound(*module, function, operand);
    }
  return true;
}

static std::vector<std::string> seeds() {
  return {inputText("constructs-nvcc.ptx"), inputText("constructs-clang.ptx")};
}

TEST(Hostile, truncatedTextsAreErrors) {
  for (const std::string &seed : seeds()) {
    size_t numModules = 0;
    for (size_t length = 0; length < seed.size(); length += 17)
      numModules += parseHostile(seed.substr(0, length));
    // Between two directives a prefix is a module.
    EXPECT_LT(numModules, seed.size() / 40);
  }
}

TEST(Hostile, mutatedTextsAreErrorsOrSound) {
  std::mt19937 random(20261122);
  size_t numErrors = 0;
  for (const std::string &seed : seeds()) {
    for (int round = 0; round < 1000; ++round) {
      std::string text = seed;
      for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
        size_t at = random() % text.size();
        size_t length = std::min<size_t>(1 + random() % 12, text.size() - at);
        std::string piece =
            text.substr(random() % (text.size() - length), length);
        switch (random() % 5) {
        case 0:
          text[at] = char(random());
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, piece);
          break;
        case 3:
          text.replace(at, length, piece);
          break;
        default: {
          const char *pieces[] = {"%r", "{",    "}",  "[", ";",
                                  ",",  "(",    "|",  "!", "4294967295",
                                  "-1", ".b32", "_",  "@", ".v4",
                                  "0x", "/*",   "\"", "<", ".reg .b32 "};
          text.insert(at, pieces[random() % std::size(pieces)]);
        }
        }
      }
      numErrors += !parseHostile(text);
    }
  }
  // Most hits are in instructions, where nearly every byte counts.
  EXPECT_GT(numErrors, 1200u);
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
