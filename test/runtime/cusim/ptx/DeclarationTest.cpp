//===- DeclarationTest.cpp - Registers, variables, initial values -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/ptx/PtxText.h"

#include <gtest/gtest.h>

using namespace weft::cusim::ptx;
using ::testing::Test;
using Bytes = std::vector<uint8_t>;

static Variable variableOf(const std::string &text) {
  Module module = parsed(moduleText(text));
  return module.variables.empty() ? Variable() : module.variables.back();
}

TEST(Declaration, readsVersionAndTarget) {
  Module module = parsed(".version 8.5\n.target sm_90a, debug\n");
  EXPECT_EQ(module.versionMajor, 8u);
  EXPECT_EQ(module.versionMinor, 5u);
  EXPECT_EQ(module.target, "sm_90a");
}

TEST(Declaration, readsVariablesOfEachSpace) {
  Variable variable = variableOf(".visible .global .align 16 .u32 x[2][3];");
  EXPECT_EQ(variable.name, "x");
  EXPECT_EQ(variable.space, Space::Global);
  EXPECT_EQ(variable.type, Type::U32);
  EXPECT_EQ(variable.alignment, 16u);
  EXPECT_EQ(variable.bytes, 24u);
  EXPECT_EQ(variable.location.line, 4u);
  EXPECT_FALSE(variable.isExternal);
  EXPECT_TRUE(variable.initial.empty());

  variable = variableOf(".extern .shared .align 16 .b8 dynamic[];");
  EXPECT_EQ(variable.space, Space::Shared);
  EXPECT_EQ(variable.bytes, 0u);
  EXPECT_TRUE(variable.isExternal);

  variable = variableOf(".const .v4 .f32 c;");
  EXPECT_EQ(variable.space, Space::Const);
  EXPECT_EQ(variable.bytes, 16u);
  EXPECT_EQ(variable.alignment, 16u);

  variable = variableOf(".weak .global .attribute(.managed) .f64 m;");
  EXPECT_TRUE(variable.isManaged);
  EXPECT_EQ(variable.alignment, 8u);

  Module module = parsed(moduleText(".common .global .b16 a, b[2];"));
  ASSERT_EQ(module.variables.size(), 2u);
  EXPECT_EQ(module.variables[1].bytes, 4u);
}

TEST(Declaration, readsInitialValues) {
  EXPECT_EQ(variableOf(".global .u16 x[3] = {1, -1, 0x102};").initial,
            (Bytes{1, 0, 0xff, 0xff, 2, 1}));
  EXPECT_EQ(variableOf(".global .u8 x = 3 * 4;").initial, (Bytes{12}));
  // A row that is not full ends in zeros, and so does the array.
  Variable rows = variableOf(".global .u8 x[3][2] = {{1}, {2, 3}};");
  EXPECT_EQ(rows.initial, (Bytes{1, 0, 2, 3}));
  EXPECT_EQ(rows.bytes, 6u);
  EXPECT_EQ(variableOf(".global .u8 x[2][2] = {1, 2, 3};").initial,
            (Bytes{1, 2, 3}));
  EXPECT_EQ(
      variableOf(".global .f32 x[4] = {0f3F800000, 1.0, -1.0, 2};").initial,
      (Bytes{0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xbf, 0, 0, 0,
             0x40}));
  EXPECT_EQ(variableOf(".const .f64 x = 0f3F800000;").initial,
            (Bytes{0, 0, 0, 0, 0, 0, 0xf0, 0x3f}));
  EXPECT_EQ(variableOf(".const .v2 .b16 x[2] = {{1, 2}, {3, 4}};").initial,
            (Bytes{1, 0, 2, 0, 3, 0, 4, 0}));
}

TEST(Declaration, countsTheElementsOfAnUnsizedArray) {
  Variable variable = variableOf(".global .b16 x[] = {1, 2, 3};");
  EXPECT_EQ(variable.bytes, 6u);
  variable = variableOf(".global .b8 x[][4] = {{1, 2}, {3}};");
  EXPECT_EQ(variable.bytes, 8u);
  EXPECT_EQ(variable.initial, (Bytes{1, 2, 0, 0, 3, 0, 0, 0}));
}

TEST(Declaration, relocatesAddresses) {
  Variable variable =
      variableOf(".global .u32 a[9];\n.func f();\n"
                 ".global .u64 x[4] = {a, generic(a)+8, f, generic(a+4)};");
  ASSERT_EQ(variable.relocations.size(), 4u);
  EXPECT_EQ(variable.initial.size(), 32u);
  auto target = [&](size_t i) { return variable.relocations[i].target; };
  EXPECT_EQ(variable.relocations[1].offset, 8u);
  EXPECT_EQ(target(0).kind, Operand::Kind::Variable);
  EXPECT_TRUE(target(0).variable.isOfModule);
  EXPECT_EQ(target(0).variable.index, 0u);
  EXPECT_FALSE(variable.relocations[0].isGeneric);
  EXPECT_TRUE(variable.relocations[1].isGeneric);
  EXPECT_EQ(target(1).bits, 8u);
  EXPECT_EQ(target(2).kind, Operand::Kind::Function);
  EXPECT_EQ(target(3).bits, 4u);
}

TEST(Declaration, joinsTheBytesOfAnAddress) {
  Variable variable = variableOf(
      ".global .u32 a;\n.global .b8 x[12] = {7, 0, 0, 0, 0xFF(a), 0xFF00(a), "
      "0xFF0000(a), 0xFF000000(a), 0xFF00000000(a), 0xFF0000000000(a), "
      "0xFF000000000000(a), 0xFF00000000000000(a)};");
  ASSERT_EQ(variable.relocations.size(), 1u);
  EXPECT_EQ(variable.relocations[0].offset, 4u);
  EXPECT_EQ(variable.initial.size(), 12u);
  EXPECT_EQ(variable.initial[0], 7u);
}

TEST(Declaration, aDefinitionReplacesAnExternalDeclaration) {
  Module module = parsed(moduleText(".extern .global .u32 x;\n"
                                    ".global .u64 y = x;\n"
                                    ".visible .global .u32 x = 5;\n"
                                    ".extern .global .u32 x;"));
  ASSERT_EQ(module.variables.size(), 2u);
  EXPECT_EQ(module.variables[0].initial, (Bytes{5, 0, 0, 0}));
  EXPECT_EQ(module.variables[1].relocations[0].target.variable.index, 0u);
}

TEST(Declaration, registersOfARangeCostNothing) {
  Function kernel = kernelOf(".reg .b32 %x<4000000000>, y, %z;\n"
                             ".reg .v2 .f32 %v<3>;\n"
                             "add.s32 %x3999999999, y, %x0;\n"
                             "mov.f32 %v2.y, %v0.x;");
  ASSERT_EQ(kernel.registers.size(), 5u);
  EXPECT_EQ(kernel.registers[0].name, "%x3999999999");
  EXPECT_EQ(kernel.registers[0].type, Type::B32);
  EXPECT_EQ(kernel.registers[3].vectorLength, 2);
  EXPECT_EQ(kernel.instructions[1].operands[0].component, 1);
}

TEST(Declaration, theInnermostScopeCounts) {
  Function kernel = kernelOf(".reg .b32 x;\n"
                             "{ .reg .b64 x; mov.b64 x, 1; }\n"
                             "mov.b32 x, 1;\n"
                             "{ .reg .b32 x; mov.b32 x, 2; }");
  ASSERT_EQ(kernel.registers.size(), 3u);
  EXPECT_EQ(kernel.registers[0].type, Type::B64);
  EXPECT_EQ(kernel.instructions[1].operands[0].index, 1u);
  EXPECT_EQ(kernel.instructions[2].operands[0].index, 2u);
}

TEST(Declaration, digitsMayBelongToThePrefix) {
  Function kernel = kernelOf(".reg .b32 %x1<5>;\n.reg .b64 %x<20>;\n"
                             "mov.b32 %x14, 0;\nmov.b64 %x19, 0;");
  ASSERT_EQ(kernel.registers.size(), 2u);
  EXPECT_EQ(kernel.registers[0].type, Type::B32);
  EXPECT_EQ(kernel.registers[1].type, Type::B64);
}
