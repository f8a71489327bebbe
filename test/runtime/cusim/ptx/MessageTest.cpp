//===- MessageTest.cpp - Errors, with what was expected -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/ptx/PtxText.h"

#include <gtest/gtest.h>

using namespace weft::cusim::ptx;

namespace {
struct Case {
  const char *text;
  const char *message;
};
} // namespace

/// Statements of a kernel; the first line is 13.
TEST(Message, namesWhatAnInstructionMayCarry) {
  const Case cases[] = {
      {"\nadd.s33 %r1, %r2, %r3;",
       "line 14, column 4: found the unknown '.s33' in 'add', expected "},
      {"frobnicate.b32 %r1;",
       "line 13, column 1: found the unknown instruction 'frobnicate.b32'"},
      {"add.rni.f32 %f1, %f2, %f3;",
       "line 13, column 4: found '.rni' in 'add', expected .bf16, "},
      {"add.rn.ftz.f64 %g1, %g2, %g3;",
       "line 13, column 11: found '.f64' in 'add', expected .f16, "},
      {"div.f32 %f1, %f2, %f3;",
       "line 13, column 4: found '.f32' in 'div', expected .approx, .full, "},
      {"fma.rn %f1, %f2, %f3, %f4;",
       "line 13, column 8: found the operands of 'fma', expected .bf16, "},
      {"bar.sync.aligned 0;",
       "line 13, column 9: found '.aligned' in 'bar.sync', expected the "
       "operands"},
      {"mma.sp.sync.aligned.m16n8k16 %r1;",
       "line 13, column 4: found the unknown '.sp' in 'mma', expected .sync"},
      {"mma.sync.aligned.m16n8k17.row.col.f32.f16.f16.f32 %r1;",
       "line 13, column 17: found '.m16n8k17' in 'mma', expected .m16n8k128, "},
      {"ld.const.volatile.b32 %r1, [%d1];",
       "line 13, column 9: found '.volatile' in 'ld', expected "},
  };
  for (const Case &one : cases) {
    std::string message = messageOf(kernelText(one.text));
    EXPECT_EQ(message.substr(0, std::string(one.message).size()), one.message)
        << one.text << "\n"
        << message;
  }
}

TEST(Message, namesTheOperandThatDoesNotFit) {
  const Case cases[] = {
      {"add.s32 %r1, %r2;",
       "line 13, column 1: operand 3 of 'add' is missing, expected another "
       "operand"},
      {"add.s32 %r1, %r2, %r3, %r4;",
       "line 13, column 24: operand 4 of 'add' does not fit, expected ';'"},
      {"add.s32 %r1, %r2, %d3;",
       "line 13, column 19: operand 3 of 'add' does not fit, expected a "
       "register of 32 bits, not of 64"},
      {"add.s32 5, %r2, %r3;",
       "line 13, column 9: operand 1 of 'add' does not fit, expected a "
       "register"},
      {"add.s32 %r1, %f2, %r3;",
       "line 13, column 14: operand 2 of 'add' does not fit, expected a "
       "register of type .s32 or .b32, not .f32"},
      {"add.s32 %r1, %p2, %r3;",
       "line 13, column 14: operand 2 of 'add' does not fit, expected a "
       "register that is no predicate"},
      {"add.s32 %r1, %tid.x, %r3;",
       "line 13, column 14: operand 2 of 'add' does not fit, expected no "
       "special register: only mov reads them"},
      {"add.s32 %r1, !%r2, %r3;",
       "line 13, column 14: operand 2 of 'add' does not fit, expected an "
       "operand without '!'"},
      {"add.f32 %f1, %f2, 1;",
       "line 13, column 19: operand 3 of 'add' does not fit, expected a "
       "floating-point constant: 0f with 8 or 0d with 16 hexadecimal digits"},
      {"add.s32 %r1, %r2, 1.5;",
       "line 13, column 19: operand 3 of 'add' does not fit, expected an "
       "integer constant"},
      {"add.f16 %h1, %h2, 1.5;",
       "line 13, column 19: operand 3 of 'add' does not fit, expected a "
       "register: halves have no constants"},
      {"add.f16 %h1, %h2, buffer;",
       "line 13, column 19: operand 3 of 'add' does not fit, expected no "
       "address: only types of 32 and 64 bits hold one"},
      {"setp.eq.s32 %r1, %r2, %r3;",
       "line 13, column 13: operand 1 of 'setp' does not fit, expected a "
       "predicate"},
      {"ld.b32 %r1, %d1;",
       "line 13, column 13: operand 2 of 'ld' does not fit, expected an "
       "address in [ ]"},
      {"ld.v2.b32 %r1, [%d1];",
       "line 13, column 11: operand 1 of 'ld' does not fit, expected { } with "
       "2 elements"},
      {"ld.v4.b64 {%d1, %d2, %d3, %d4}, [%d1];",
       "line 13, column 11: operand 1 of 'ld' does not fit, expected at most "
       "128 bits in a vector"},
      {"mov.b64 {%r1, %h2}, %d1;",
       "line 13, column 9: operand 1 of 'mov' does not fit, expected parts of "
       "32 bits"},
      {"lop3.b32 %r1, %r2, %r3, %r4, 256;",
       "line 13, column 30: operand 5 of 'lop3' does not fit, expected a "
       "constant below 256"},
      {"cp.async.ca.shared.global [%r1], [%d1], 5;",
       "line 13, column 41: operand 3 of 'cp.async' does not fit, expected one "
       "of 4, 8, 16"},
      {"mbarrier.arrive.shared::cluster.b64 %d1, [%r1];",
       "line 13, column 37: operand 1 of 'mbarrier.arrive' does not fit, "
       "expected '_'"},
      {"shfl.sync.idx.b32 %r1|%r2, %r3, 0, 31, -1;",
       "line 13, column 23: operand 2 of 'shfl' does not fit, expected a "
       "predicate"},
  };
  for (const Case &one : cases)
    EXPECT_EQ(messageOf(kernelText(one.text)), one.message) << one.text;
}

TEST(Message, namesWhatTheBodyOfAFunctionMayHold) {
  const Case cases[] = {
      {"mov.b32 %r1, x;",
       "line 13, column 14: found 'x', expected a name that is declared before "
       "its use"},
      {"mov.b32 %r64, 0;",
       "line 13, column 9: found '%r64', expected a name that is declared "
       "before its use"},
      {"mov.b32 %r01, 0;",
       "line 13, column 9: found '%r01', expected a name that is declared "
       "before its use"},
      {"mov.b32 %r1, %tid;",
       "line 13, column 18: found ';', expected '.x', '.y' or '.z' after "
       "'%tid'"},
      {"mov.b32 %r1, %laneid.x;",
       "line 13, column 21: found '.x', expected no component of '%laneid'"},
      {"bra nowhere;",
       "line 13, column 5: found 'nowhere', expected a label of 'kernel'"},
      {"L: brx.idx %r1, L;",
       "line 13, column 17: found 'L', expected the label of a .branchtargets "
       "list above"},
      {"{ L: ret; }\nbra L;",
       "line 14, column 5: found 'L', expected a label of 'kernel'"},
      {"L: ret;\nL: ret;",
       "line 14, column 1: the label 'L' stands a second time, expected "
       "another name"},
      {"@%r1 ret;",
       "line 13, column 2: the guard is no predicate, expected a register of "
       "type .pred"},
      {"@5 ret;",
       "line 13, column 2: found '5', expected the predicate of the guard"},
      {"ret", "line 14, column 1: found '}', expected ';' after the "
              "instruction"},
      {"ld.b32 %r1, [%d1;",
       "line 13, column 17: found ';', expected ']' after the address"},
      {"ld.b32 %r1, [%p1];",
       "line 13, column 14: found a base of the address that is no address, "
       "expected a variable or a register of 32 or 64 bits"},
      {"ld.b32 %r1, [%d1+1.5];",
       "line 13, column 18: found a floating-point offset, expected an "
       "integer"},
      {".reg .b32 %x;\n.reg .b64 %x;",
       "line 14, column 11: '%x' is declared a second time, expected another "
       "name"},
      {".reg .b33 %x;",
       "line 13, column 6: found '.b33', expected a type, .align, .v2 or .v4"},
      {".local .b32 x[2][];",
       "line 13, column 19: found ';', expected an extent: only the first may "
       "be left out"},
      {".local .b32 x[1099511627776];",
       "line 13, column 13: found a variable of more than 2^40 bytes, expected "
       "fewer"},
      {".local .b32 x = 5;",
       "line 13, column 17: found '5', expected no initial value: only .global "
       "and .const variables have one"},
      {".shared .align 3 .b32 x;",
       "line 13, column 16: found an alignment of 3, expected a power of two"},
      {"call nothing;",
       "line 13, column 6: found 'nothing', expected a name that is declared "
       "before its use"},
      {"call kernel, (%d1);",
       "line 13, column 1: found a call of the .entry 'kernel', expected a "
       ".func"},
      {"call %d1, ();",
       "line 13, column 13: found ';', expected the label of a .callprototype "
       "or .calltargets"},
      {"like: .callprototype _ (.param .b32 _);\ncall %d1, (), like;",
       "line 14, column 1: found 0 arguments in a call, expected 1"},
      {"# 5", "line 13, column 1: found a character that no word begins with, "
              "expected an instruction"},
      {"/* open", "line 13, column 1: found a comment that does not end, "
                  "expected an instruction"},
  };
  for (const Case &one : cases)
    EXPECT_EQ(messageOf(kernelText(one.text)), one.message) << one.text;
}

/// Directives of a module; the first line is 4.
TEST(Message, namesWhatAModuleMayHold) {
  const Case cases[] = {
      {"ret;", "line 4, column 1: found 'ret', expected a function, a variable "
               "or another directive of a module"},
      {".local .b32 x;",
       "line 4, column 1: found '.local', expected a function, a variable or "
       "another directive of a module"},
      {".func f() { ret;",
       "line 4, column 17: found the end of the text, expected '}' at the end "
       "of 'f'"},
      {".func f()\n.maxfoo 5 { }",
       "line 5, column 1: found '.maxfoo', expected '{', ';' or a limit like "
       ".maxntid"},
      {".func f(.param .b32 a);\n.func f(.param .b64 a) { ret; }",
       "line 5, column 7: 'f' is declared with other parameters in line 4, "
       "expected the same"},
      {".func f() { ret; }\n.func f() { ret; }",
       "line 5, column 7: 'f' has a body already in line 4, expected one"},
      {".global .b32 x;\n.global .b32 x;",
       "line 5, column 14: 'x' is declared a second time, expected another "
       "name"},
      {".global .b32 x[];",
       "line 4, column 14: 'x' has no size, expected an extent or initial "
       "values"},
      {".global .pred x;",
       "line 4, column 15: found a variable of type .pred, expected a type "
       "with bytes in memory"},
      {".global .b32 x[2] = {1, 2, 3};",
       "line 4, column 28: found '3', expected '}': the array has no more "
       "elements"},
      {".global .b32 x[2] = {{1}};",
       "line 4, column 22: found '{', expected a value: the array has no more "
       "dimensions"},
      {".global .b32 x = y;",
       "line 4, column 18: found an address as the value of .b32, expected a "
       "type of 64 bits"},
      {".global .b64 x = y;",
       "line 4, column 18: found 'y' in an initial value, expected a variable "
       "or function of the module that is declared before"},
      {".global .b32 y; .global .b8 x[8] = {0xFF00(y)};",
       "line 4, column 37: found a masked address that is not a byte of one, "
       "expected 0xFF(x), 0xFF00(x), ... in order in an array of bytes"},
      {".entry k(.param .b8 x[2000000]) { ret; }",
       "line 4, column 17: found a parameter of 2000000 bytes, expected at "
       "most 1048576"},
      {".section .debug { {",
       "line 4, column 20: found the end of the text, expected '}' at the end "
       "of the section"},
  };
  for (const Case &one : cases)
    EXPECT_EQ(messageOf(moduleText(one.text)), one.message) << one.text;
  EXPECT_EQ(messageOf(""), "line 1, column 1: found the end of the text, "
                           "expected '.version' at the beginning of a PTX "
                           "text");
  EXPECT_EQ(messageOf(".version x"),
            "line 1, column 10: found 'x', expected a version like 8.5");
  EXPECT_EQ(messageOf(".version 8.5 .target gfx90"),
            "line 1, column 22: found 'gfx90', expected a target like sm_80");
  EXPECT_EQ(messageOf(".version 8.5 .target sm_80 .address_size 32"),
            "line 1, column 42: found '32', expected 64: the simulator has "
            "addresses of 64 bits");
}
