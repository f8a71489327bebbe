//===- FunctionTest.cpp - Functions, labels, calls ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/ptx/PtxText.h"

#include <gtest/gtest.h>

using namespace weft::cusim::ptx;
using Kind = Operand::Kind;

TEST(Function, laysOutParameters) {
  Module module = parsed(moduleText(
      ".entry k(.param .u8 a, .param .u64 .ptr .global .align 16 b,\n"
      "  .param .align 16 .b8 c[20], .param .b16 d) { ret; }"));
  const std::vector<Parameter> &parameters = module.functions[0].parameters;
  ASSERT_EQ(parameters.size(), 4u);
  EXPECT_EQ(parameters[1].offset, 8u);
  EXPECT_EQ(parameters[1].alignment, 8u);
  EXPECT_EQ(parameters[2].offset, 16u);
  EXPECT_EQ(parameters[2].bytes, 20u);
  EXPECT_EQ(parameters[3].offset, 36u);
  EXPECT_EQ(module.findFunction("k"), &module.functions[0]);
  EXPECT_EQ(module.findFunction("l"), nullptr);
}

TEST(Function, readsLimits) {
  Module module = parsed(moduleText(
      ".visible .entry k()\n.maxntid 256, 2\n.reqntid 8, 4, 2\n"
      ".minnctapersm 3 .maxnreg 64 .reqnctapercluster 2 .maxclusterrank 8\n"
      ".explicitcluster .pragma \"nounroll\", \"x\"; { ret; }\n"
      ".func g() .noreturn;"));
  const Function &kernel = module.functions[0];
  EXPECT_TRUE(kernel.isEntry);
  EXPECT_EQ(kernel.maxThreads[0], 256u);
  EXPECT_EQ(kernel.maxThreads[1], 2u);
  EXPECT_EQ(kernel.maxThreads[2], 1u);
  EXPECT_EQ(kernel.requiredThreads[1], 4u);
  EXPECT_EQ(kernel.requiredCluster[0], 2u);
  EXPECT_EQ(kernel.requiredCluster[2], 1u);
  EXPECT_EQ(kernel.minBlocksPerMultiprocessor, 3u);
  EXPECT_EQ(kernel.maxRegisters, 64u);
  EXPECT_EQ(kernel.maxBlocksPerCluster, 8u);
  EXPECT_TRUE(module.functions[1].isDeclaration);
}

TEST(Function, labelsMeanTheInnermostOfTheirName) {
  Function kernel = kernelOf("L: bra L;\n"
                             "{ bra L; bra M; L: bra.uni L; }\n"
                             "@!%p1 bra M;\n"
                             "M:");
  ASSERT_EQ(kernel.labels.size(), 3u);
  auto target = [&](size_t i) {
    return kernel.labels[kernel.instructions[i].operands[0].index].instruction;
  };
  EXPECT_EQ(target(0), 0u);
  EXPECT_EQ(target(1), 3u);
  EXPECT_EQ(target(2), 5u);
  EXPECT_EQ(target(3), 3u);
  EXPECT_EQ(target(4), 5u);
  ASSERT_TRUE(kernel.instructions[4].guard);
  EXPECT_TRUE(kernel.instructions[4].guard->negated);
  EXPECT_EQ(kernel.labels[2].name, "M");
}

TEST(Function, readsBranchTargets) {
  Function kernel = kernelOf("list: .branchtargets A, B, A;\n"
                             "brx.idx.uni %r1, list;\nA: ret;\nB: exit;");
  ASSERT_EQ(kernel.branchTargets.size(), 1u);
  EXPECT_EQ(kernel.branchTargets[0], (std::vector<uint32_t>{0, 1, 0}));
  const Operand &list = kernel.instructions[0].operands[1];
  EXPECT_EQ(list.kind, Kind::BranchTargets);
  EXPECT_EQ(list.index, 0u);
}

TEST(Function, aBodyTakesThePlaceOfItsDeclaration) {
  Module module = parsed(moduleText(
      ".func (.param .b32 r) f(.param .b32 a);\n"
      ".extern .func (.param .b32 r) vprintf(.param .b64 a, .param .b64 b);\n"
      ".func (.param .b32 r) f(.param .b32 x) {\n"
      ".reg .b32 v; ld.param.b32 v, [x]; st.param.b32 [r+0], v; ret; }"));
  ASSERT_EQ(module.functions.size(), 2u);
  const Function &function = module.functions[0];
  EXPECT_FALSE(function.isDeclaration);
  EXPECT_TRUE(module.functions[1].isDeclaration);
  const Operand &from = function.instructions[0].operands[1].elements[0];
  EXPECT_EQ(from.variable.of, VariableRef::Of::Parameters);
  const Operand &to = function.instructions[1].operands[0].elements[0];
  EXPECT_EQ(to.variable.of, VariableRef::Of::Results);
}

TEST(Function, readsCalls) {
  Module module = parsed(moduleText(
      ".func (.param .b32 r) f(.param .b32 a, .param .align 8 .b8 b[16]);\n"
      ".func g();\n"
      ".func h() { .reg .b32 x; .reg .b64 p;\n"
      "{ .param .b32 a; .param .align 8 .b8 b[16]; .param .b32 r;\n"
      "call.uni (r), f, (a, b); }\n"
      "call g; call g, (); call h;\n"
      "list: .calltargets g, h;\n"
      "call p, (), list;\n"
      "{ .param .b32 r;\n"
      "like: .callprototype (.param .b32 _) _ (.param .b32 _) .noreturn;\n"
      "call (_), p, (5), like; }\n"
      "ret; }"));
  const Function &caller = module.functions[2];
  ASSERT_EQ(caller.instructions.size(), 7u);
  const std::vector<Operand> &direct = caller.instructions[0].operands;
  ASSERT_EQ(direct.size(), 3u);
  EXPECT_EQ(direct[0].elements.size(), 1u);
  EXPECT_EQ(direct[1].kind, Kind::Function);
  EXPECT_EQ(direct[1].index, 0u);
  EXPECT_EQ(direct[2].elements.size(), 2u);
  EXPECT_EQ(caller.instructions[3].operands[1].index, 2u);
  const std::vector<Operand> &indirect = caller.instructions[4].operands;
  ASSERT_EQ(indirect.size(), 4u);
  EXPECT_EQ(indirect[1].kind, Kind::Register);
  EXPECT_EQ(indirect[3].kind, Kind::Prototype);
  EXPECT_EQ(caller.prototypes[0].targets, (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(caller.prototypes[1].results.size(), 1u);
  EXPECT_EQ(caller.instructions[5].operands[2].elements[0].bits, 5u);
}

TEST(Function, readsRegistersAsParameters) {
  Module module =
      parsed(moduleText(".func (.reg .b32 %out) f(.reg .b32 %in, .reg .pred p) "
                        "{ @p add.s32 %out, %in, 1; ret; }\n"
                        ".func g() { .reg .b32 x; .reg .pred p;\n"
                        "call (x), f, (x, p); ret; }"));
  const Function &function = module.functions[0];
  EXPECT_EQ(function.results[0].registerIndex, 0u);
  EXPECT_EQ(function.parameters[0].registerIndex, 1u);
  EXPECT_EQ(function.parameters[1].type, Type::Pred);
  EXPECT_EQ(function.parameters[1].offset, 4u);
  EXPECT_EQ(function.registers[1].name, "%in");
}

TEST(Function, skipsDebugInformation) {
  Module module = parsed(
      moduleText(".file 1 \"kernel.cu\", 12, 34\n"
                 "// a comment\n"
                 ".func f() { /* another\n one */ .loc 1 2 3\n"
                 ".loc 1 7 5, function_name $L__info+4, inlined_at 1 2 3\n"
                 ".pragma \"nounroll\"; ;\n ret; }\n"
                 ".section .debug_info { .b8 1, 2; { .b32 x } \"}\" }\n"));
  EXPECT_EQ(module.functions[0].instructions.size(), 1u);
  EXPECT_EQ(module.functions[0].instructions[0].location.line, 10u);
  EXPECT_EQ(module.functions[0].instructions[0].location.column, 2u);
}

TEST(Function, endsAtAZero) {
  std::string text = moduleText(".func f();");
  text += std::string("\0junk", 5);
  EXPECT_EQ(parsed(text).functions.size(), 1u);
}

/// What nvcc and clang make of one source: each has its habits.
class Compilers : public ::testing::TestWithParam<const char *> {};

TEST_P(Compilers, areUnderstood) {
  Module module = parsed(inputText(GetParam()));
  for (const char *name : {"calls", "control", "lanes"}) {
    const Function *kernel = module.findFunction(name);
    ASSERT_TRUE(kernel) << name;
    EXPECT_TRUE(kernel->isEntry && !kernel->isDeclaration);
    EXPECT_EQ(kernel->parameters.size(), 3u);
  }
  const Function *calls = module.findFunction("calls");
  EXPECT_EQ(calls->prototypes.size(), 1u);
  EXPECT_EQ(calls->maxThreads[0], 256u);
  EXPECT_EQ(calls->minBlocksPerMultiprocessor, 2u);
  EXPECT_TRUE(module.findFunction("vprintf")->isDeclaration);
  size_t numRelocations = 0;
  for (const Variable &variable : module.variables)
    numRelocations += variable.relocations.size();
  // pointer, two names, two steps.
  EXPECT_EQ(numRelocations, 5u);
}

TEST(Function, readsWhatCompilersSeldomWrite) {
  Module module = parsed(inputText("directives.ptx"));
  EXPECT_EQ(module.functions.size(), 3u);
  EXPECT_EQ(module.variables.size(), 5u);
  EXPECT_EQ(module.findFunction("kernel")->instructions.size(), 20u);
}

TEST(Function, clangJumpsByATable) {
  Module module = parsed(inputText("constructs-clang.ptx"));
  const Function *control = module.findFunction("control");
  ASSERT_TRUE(control);
  ASSERT_EQ(control->branchTargets.size(), 1u);
  EXPECT_EQ(control->branchTargets[0].size(), 6u);
}

INSTANTIATE_TEST_SUITE_P(Texts, Compilers,
                         ::testing::Values("constructs-nvcc.ptx",
                                           "constructs-clang.ptx"));
