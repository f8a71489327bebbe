//===- CallParser.cpp - The operands of call ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/InstructionParser.h"

using namespace weft;
using namespace weft::cusim::ptx;

/// `call (results), function, (arguments);`: results and arguments may be
/// missing; `call (results), %address, (arguments), prototype;`.
Status InstructionParser::parseCall(Instruction &instruction) {
  Operand results;
  results.kind = Operand::Kind::Vector;
  if (lexer.peek().is("(")) {
    StatusOr<Operand> list = parseArguments(/*isResults=*/true);
    if (!list)
      return list.status();
    results = std::move(*list);
    WEFT_RETURN_IF_ERROR(lexer.expect(",", "after the results of a call"));
  }
  Token name = lexer.peek();
  if (!name.isIdentifier())
    return lexer.unexpected("the function to call");
  StatusOr<Operand> callee = parseName();
  if (!callee)
    return callee.status();
  bool isIndirect = callee->kind == Operand::Kind::Register;
  if (isIndirect ? bitsOf(function.registers[callee->index].type) != 64
                 : callee->kind != Operand::Kind::Function)
    return errorAt(name.location, "found '" + std::string(name.text) +
                                      "' in a call, expected a function or a "
                                      "register of 64 bits with its address");
  Operand arguments;
  arguments.kind = Operand::Kind::Vector;
  bool hasMore = lexer.accept(",");
  if (hasMore && lexer.peek().is("(")) {
    StatusOr<Operand> list = parseArguments(/*isResults=*/false);
    if (!list)
      return list.status();
    arguments = std::move(*list);
    hasMore = lexer.accept(",");
  }
  instruction.operands.push_back(std::move(results));
  instruction.operands.push_back(std::move(*callee));
  instruction.operands.push_back(std::move(arguments));
  if (hasMore || isIndirect) {
    Token list = lexer.peek();
    if (!list.isIdentifier())
      return lexer.unexpected("the label of a .callprototype or .calltargets");
    lexer.take();
    auto found = lists.prototypes.find(list.text);
    if (found == lists.prototypes.end())
      return errorAt(list.location,
                     "found '" + std::string(list.text) +
                         "', expected the label of a .callprototype or "
                         ".calltargets above the call");
    Operand &prototype = instruction.operands.emplace_back();
    prototype.kind = Operand::Kind::Prototype;
    prototype.index = found->second;
  }
  return checkCall(instruction);
}

StatusOr<Operand> InstructionParser::parseArguments(bool isResults) {
  lexer.take();
  Operand list;
  list.kind = Operand::Kind::Vector;
  if (lexer.accept(")"))
    return list;
  do {
    Location location = lexer.peek().location;
    StatusOr<Operand> element = parseElement();
    if (!element)
      return element;
    bool isPlace = element->kind == Operand::Kind::Register ||
                   element->kind == Operand::Kind::Variable ||
                   element->kind == Operand::Kind::Sink;
    if (element->negated || (isResults && !isPlace))
      return errorAt(location, "an operand of the call does not fit, expected "
                               "a .param variable or a register");
    list.elements.push_back(std::move(*element));
  } while (lexer.accept(","));
  WEFT_RETURN_IF_ERROR(lexer.expect(")", "after the operands of a call"));
  return list;
}

Status InstructionParser::checkCall(const Instruction &instruction) const {
  const std::vector<Parameter> *parameters, *results;
  const Operand &callee = instruction.operands[1];
  if (callee.kind == Operand::Kind::Function) {
    const Function &called = module.functions[callee.index];
    if (called.isEntry)
      return errorAt(instruction.location, "found a call of the .entry '" +
                                               called.name +
                                               "', expected a .func");
    parameters = &called.parameters;
    results = &called.results;
  } else {
    const Prototype &prototype =
        function.prototypes[instruction.operands[3].index];
    parameters = &prototype.parameters;
    results = &prototype.results;
  }
  auto check = [&](const Operand &given, const std::vector<Parameter> &wanted,
                   const char *what) {
    if (given.elements.size() == wanted.size())
      return Status::ok();
    return errorAt(instruction.location,
                   "found " + std::to_string(given.elements.size()) + " " +
                       what + " in a call, expected " +
                       std::to_string(wanted.size()));
  };
  WEFT_RETURN_IF_ERROR(check(instruction.operands[0], *results, "results"));
  return check(instruction.operands[2], *parameters, "arguments");
}
