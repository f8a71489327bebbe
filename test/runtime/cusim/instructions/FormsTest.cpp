//===- FormsTest.cpp - Every form of the parser's tables is emitted -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Takes every combination of words that Opcodes.def allows for an instruction
// without memory. What the parser lets through, the emitter must carry out, and
// both must mean the same operands.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/Forms.h"
#include "Harness.h"
#include "runtime/cusim/emit/LaneArithmetic.h"

#include <gtest/gtest.h>

#include <functional>

using namespace weft;
using namespace weft::cusim;
using namespace weft::cusim::test;

namespace {

/// Calls `visit` with every instruction of a form.
void eachInstruction(ptx::Opcode opcode, const ptx::Form &form,
                     const std::function<void(const ptx::Instruction &)> &visit,
                     std::vector<ptx::Word> words = {}, size_t group = 0) {
  if (group < form.groups.size()) {
    if (form.groups[group].isOptional)
      eachInstruction(opcode, form, visit, words, group + 1);
    for (const ptx::Word &word : form.groups[group].words) {
      words.push_back(word);
      eachInstruction(opcode, form, visit, words, group + 1);
      words.pop_back();
    }
    return;
  }
  ptx::Instruction instruction;
  instruction.opcode = opcode;
  instruction.text = ptx::textOf(opcode);
  for (const ptx::Word &word : words) {
    if (word.kind == ptx::Word::Kind::Type) {
      instruction.types.push_back(ptx::Type(word.value));
      instruction.text += "." + std::string(textOf(ptx::Type(word.value)));
    } else {
      instruction.modifiers.push_back(ptx::Modifier(word.value));
      instruction.text += "." + std::string(textOf(ptx::Modifier(word.value)));
    }
  }
  visit(instruction);
}

/// Bits of an operand by the table.
unsigned bitsByForm(const ptx::OperandForm &operand,
                    const ptx::Instruction &instruction) {
  switch (operand.typeSource) {
  case ptx::OperandForm::TypeSource::Named:
    return ptx::bitsOf(operand.type);
  case ptx::OperandForm::TypeSource::TwiceAsWide:
    return 2 * ptx::bitsOf(instruction.type());
  default:
    return ptx::bitsOf(instruction.type(operand.typeNumber));
  }
}

/// Emits an instruction with the operands of its form.
void emitByForm(ptx::Instruction instruction, const ptx::Form &form,
                bool hasOptional) {
  Subject subject;
  subject.text = instruction.text;
  subject.operands = subject.results = 0;
  std::vector<unsigned> bits[2];
  for (const ptx::OperandForm &operand : form.operands) {
    if (operand.isOptional && !hasOptional)
      continue;
    bool isResult = operand.letter == 'd' || operand.letter == 's';
    if (operand.letter == 'i')
      subject.constants[subject.operands] = 0x96;
    else
      bits[isResult].resize(isResult ? subject.results + 1
                                     : subject.operands + 1);
    if (operand.letter != 'i')
      bits[isResult].back() = bitsByForm(operand, instruction);
    ++(isResult ? subject.results : subject.operands);
  }
  instruction.operands.resize(subject.results + subject.operands);
  using ptx::Opcode;
  // The carry flag needs an instruction that sets it before.
  subject.hasCarry = instruction.opcode == Opcode::Addc ||
                     instruction.opcode == Opcode::Subc ||
                     instruction.opcode == Opcode::Madc;
  for (unsigned i = 0; i < bits[1].size(); ++i)
    EXPECT_EQ(ptx::bitsOf(resultType(instruction, i)), bits[1][i])
        << subject.text;
  for (unsigned i = 0; i < bits[0].size(); ++i)
    if (!subject.constants.count(i))
      EXPECT_EQ(ptx::bitsOf(operandType(instruction, i)), bits[0][i])
          << subject.text << " operand " << i;
  for (unsigned width : {1, 32}) {
    Status status = tryToEmit(instruction, subject, width);
    if (!status)
      ADD_FAILURE() << status.message();
  }
}

TEST(Forms, AllAreEmitted) {
  const ptx::Opcode all[] = {
#define CUSIM_OPCODE(NAME, TEXT, ...) ptx::Opcode::NAME,
#include "runtime/cusim/ptx/Opcodes.def"
  };
  unsigned opcodes = 0, instructions = 0;
  for (ptx::Opcode opcode : all) {
    if (!isLaneArithmetic(opcode))
      continue;
    ++opcodes;
    for (const ptx::Form &form : ptx::formsOf(opcode))
      eachInstruction(opcode, form, [&](const ptx::Instruction &instruction) {
        ++instructions;
        emitByForm(instruction, form, false);
        emitByForm(instruction, form, true);
      });
  }
  EXPECT_GE(opcodes, 54u);
  EXPECT_GE(instructions, 5000u);
}

} // namespace
