//===- WarpMachine.cpp - Runs collectives without compiled code -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/warp/WarpMachine.h"

#include "test/runtime/cusim/warp/MachineStandIn.h"

#include <gtest/gtest.h>

namespace weft::cusim {

using ptx::Operand;

namespace {

Operand plainOperand(Operand::Kind kind) {
  Operand operand;
  operand.kind = kind;
  return operand;
}

constexpr uint32_t SharedBytes = 64 * 1024;
constexpr uint32_t Pattern = 0xdeadbeef;

} // namespace

ptx::Instruction makeInstruction(ptx::Opcode opcode,
                                 std::vector<ptx::Modifier> modifiers,
                                 std::vector<ptx::Type> types,
                                 std::vector<int> operands,
                                 std::optional<ptx::MatrixShape> shape) {
  ptx::Instruction instruction;
  instruction.opcode = opcode;
  instruction.modifiers = std::move(modifiers);
  instruction.types = std::move(types);
  instruction.shape = shape;
  for (int count : operands) {
    if (count < 0) {
      instruction.operands.push_back(plainOperand(Operand::Kind::Address));
    } else if (count == 0) {
      instruction.operands.push_back(plainOperand(Operand::Kind::Register));
    } else {
      instruction.operands.push_back(plainOperand(Operand::Kind::Vector));
      instruction.operands.back().elements.assign(
          count, plainOperand(Operand::Kind::Register));
    }
  }
  return instruction;
}

Operand constantOperand(uint64_t value) {
  Operand operand = plainOperand(Operand::Kind::Integer);
  operand.bits = value;
  return operand;
}

WarpMachine::WarpMachine() : shared(SharedBytes), sites(1) {
  strand.shared = shared.data();
  strand.sharedBytes = SharedBytes;
  strand.sites = sites.data();
  strand.live = ~uint32_t(0);
  strand.width = WarpSize;
  standIn() = {};
  standIn().blocks = {shared.data()};
}

Words WarpMachine::run(const ptx::Instruction &instruction,
                       const Words &operands, uint32_t lanes) {
  auto form = collectiveForm(instruction);
  if (!form) {
    ADD_FAILURE() << form.message();
    return {};
  }
  EXPECT_EQ(form->operandWords, operands.size());
  Words results(form->resultWords);
  for (auto &word : results)
    word.fill(Pattern);
  bool isBound = false;
  for (const CollectiveSymbol &symbol : collectiveSymbols())
    isBound |= symbol.name == std::string(form->symbol) &&
               symbol.function == form->function;
  EXPECT_TRUE(isBound) << form->symbol;
  Collective call{&strand,
                  lanes,
                  0,
                  form->immediate,
                  operands.empty() ? nullptr : operands[0].data(),
                  results.empty() ? nullptr : results[0].data()};
  form->function(call);
  for (auto &word : results)
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      if (!(lanes >> lane & 1)) {
        EXPECT_EQ(word[lane], Pattern) << "lane " << lane;
      }
  return results;
}

std::string WarpMachine::errorOf(const ptx::Instruction &instruction) {
  auto form = collectiveForm(instruction);
  return form ? "" : form.message();
}

uint64_t WarpMachine::sharedAddress(uint32_t offset) {
  return (SharedTag << TagShift) + offset;
}

void setAddress(Words &words, unsigned word, unsigned lane, uint64_t address) {
  words[word][lane] = static_cast<uint32_t>(address);
  words[word + 1][lane] = static_cast<uint32_t>(address >> 32);
}

} // namespace weft::cusim
