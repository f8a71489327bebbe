//===- InstructionParser.h - One instruction of a body ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_PTX_INSTRUCTIONPARSER_H
#define RUNTIME_CUSIM_PTX_INSTRUCTIONPARSER_H

#include "runtime/cusim/ptx/Forms.h"
#include "runtime/cusim/ptx/Names.h"

namespace weft::cusim::ptx {

/// Names of `.branchtargets` lists and prototypes, which share the labels'
/// place in the text: an index in the function's list of them.
struct ListNames {
  std::unordered_map<std::string_view, uint32_t> branchTargets, prototypes;
};

/// Reads an instruction, from its guard to its semicolon.
class InstructionParser {
public:
  InstructionParser(Lexer &lexer, Names &names, const Module &module,
                    const Function &function, const ListNames &lists)
      : lexer(lexer), names(names), module(module), function(function),
        lists(lists) {}

  /// `opcode`: its first word, when the caller has taken it to see whether it
  /// is a label.
  StatusOr<Instruction> parse(const std::optional<Token> &opcode);

  /// The label of a branch that was just read; what it means is known when its
  /// scope ends. The operand's index is still open.
  const Token &branchLabel() const { return label; }

private:
  Status parseGuard(Instruction &instruction);
  Status parseOpcode(Instruction &instruction, const Token &first);
  Status parseOperands(Instruction &instruction);
  Status parseBranch(Instruction &instruction);
  Status parseCall(Instruction &instruction);
  Status checkCall(const Instruction &instruction) const;
  StatusOr<Operand> parseArguments(bool isResults);

  StatusOr<Operand> parseBranchTargets();
  StatusOr<Operand> parseOperand();
  StatusOr<Operand> parseElement();
  StatusOr<Operand> parseName();
  StatusOr<Operand> parseConstant();
  StatusOr<Operand> parseAddress();
  StatusOr<Operand> parseVector();
  Status parseOffset(Operand &operand);

  Lexer &lexer;
  Names &names;
  const Module &module;
  const Function &function;
  const ListNames &lists;
  Token label;
  std::vector<LocatedWord> words;
  std::vector<OperandText> texts;
  std::vector<const Form *> forms;
};

} // namespace weft::cusim::ptx

#endif // RUNTIME_CUSIM_PTX_INSTRUCTIONPARSER_H
