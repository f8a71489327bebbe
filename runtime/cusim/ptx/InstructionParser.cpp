//===- InstructionParser.cpp ----------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/InstructionParser.h"

#include "runtime/cusim/ptx/ConstantExpression.h"

#include <algorithm>

using namespace weft;
using namespace weft::cusim::ptx;

StatusOr<Instruction>
InstructionParser::parse(const std::optional<Token> &opcode) {
  Instruction instruction;
  const Token begin = opcode ? *opcode : lexer.peek();
  instruction.location = begin.location;
  if (!opcode)
    WEFT_RETURN_IF_ERROR(parseGuard(instruction));
  if (!opcode && !lexer.peek().isIdentifier())
    return lexer.unexpected("an instruction");
  WEFT_RETURN_IF_ERROR(
      parseOpcode(instruction, opcode ? *opcode : lexer.take()));
  WEFT_RETURN_IF_ERROR(parseOperands(instruction));
  instruction.text = lexer.textSince(begin.offset);
  WEFT_RETURN_IF_ERROR(lexer.expect(";", "after the instruction"));
  return instruction;
}

Status InstructionParser::parseGuard(Instruction &instruction) {
  if (!lexer.accept("@"))
    return Status::ok();
  bool isNegated = lexer.accept("!");
  Location location = lexer.peek().location;
  if (!lexer.peek().isIdentifier())
    return lexer.unexpected("the predicate of the guard");
  StatusOr<Operand> guard = parseName();
  if (!guard)
    return guard.status();
  if (guard->kind != Operand::Kind::Register ||
      function.registers[guard->index].type != Type::Pred)
    return errorAt(location, "the guard is no predicate, expected a register "
                             "of type .pred");
  guard->negated = isNegated;
  instruction.guard = std::move(*guard);
  return Status::ok();
}

/// "cp.async.bulk.commit_group" is an opcode, and so are "cp.async" and
/// "cp.async.bulk": the longest counts.
Status InstructionParser::parseOpcode(Instruction &instruction,
                                      const Token &first) {
  words.clear();
  while (lexer.peek().kind == Token::Kind::DotWord) {
    Token word = lexer.take();
    words.push_back({word.text, word.location});
  }
  constexpr size_t maxWords = 5;
  std::string text(first.text);
  std::optional<Opcode> opcode = opcodeOf(text);
  size_t length = 0;
  for (size_t i = 0; i < std::min(words.size(), maxWords); ++i) {
    text += "." + std::string(words[i].text);
    if (std::optional<Opcode> longer = opcodeOf(text)) {
      opcode = longer;
      length = i + 1;
    }
  }
  if (!opcode)
    return errorAt(first.location,
                   "found the unknown instruction '" + text.substr(0, 60) +
                       "', expected one of the PTX ISA that the simulator "
                       "knows");
  words.erase(words.begin(), words.begin() + ptrdiff_t(length));
  instruction.opcode = *opcode;
  StatusOr<std::vector<const Form *>> matches =
      matchWords(words, lexer.peek().location, instruction);
  if (!matches)
    return matches.status();
  forms = std::move(*matches);
  return Status::ok();
}

Status InstructionParser::parseOperands(Instruction &instruction) {
  if (instruction.opcode == Opcode::Call)
    return parseCall(instruction);
  if (instruction.opcode == Opcode::Bra)
    return parseBranch(instruction);
  texts.clear();
  bool takesOperands =
      std::any_of(forms.begin(), forms.end(),
                  [](const Form *form) { return !form->operands.empty(); });
  bool isJoined = false;
  while (takesOperands && (!lexer.peek().is(";") || !texts.empty())) {
    texts.push_back({lexer.peek().location, isJoined});
    bool isList = instruction.opcode == Opcode::BrxIdx && texts.size() == 2;
    StatusOr<Operand> operand = isList ? parseBranchTargets() : parseOperand();
    if (!operand)
      return operand.status();
    instruction.operands.push_back(std::move(*operand));
    isJoined = lexer.accept("|");
    if (!isJoined && !lexer.accept(","))
      break;
  }
  return checkOperands(forms, instruction, texts, function.registers);
}

Status InstructionParser::parseBranch(Instruction &instruction) {
  if (!lexer.peek().isIdentifier())
    return lexer.unexpected("a label");
  label = lexer.take();
  instruction.operands.emplace_back().kind = Operand::Kind::Label;
  return Status::ok();
}

/// Labels have names of their own: a variable may have the same.
StatusOr<Operand> InstructionParser::parseBranchTargets() {
  auto found = lists.branchTargets.find(lexer.peek().text);
  if (!lexer.peek().isIdentifier() || found == lists.branchTargets.end())
    return lexer.unexpected("the label of a .branchtargets list above");
  lexer.take();
  Operand operand;
  operand.kind = Operand::Kind::BranchTargets;
  operand.index = found->second;
  return operand;
}

StatusOr<Operand> InstructionParser::parseOperand() {
  const Token &next = lexer.peek();
  if (next.is("["))
    return parseAddress();
  if (next.is("{"))
    return parseVector();
  return parseElement();
}

StatusOr<Operand> InstructionParser::parseElement() {
  const Token &next = lexer.peek();
  if (next.isIdentifier() && next.text == "_") {
    lexer.take();
    return Operand();
  }
  if (next.isIdentifier() && next.text != "WARP_SZ")
    return parseName();
  if (next.is("!")) {
    Token bang = lexer.take();
    if (!lexer.peek().isIdentifier())
      return lexer.unexpected("a predicate after '!'");
    StatusOr<Operand> operand = parseName();
    if (operand && operand->kind != Operand::Kind::Register)
      return errorAt(bang.location, "found '!' before what is no register, "
                                    "expected a predicate");
    if (operand)
      operand->negated = true;
    return operand;
  }
  if (!beginsConstantExpression(next))
    return lexer.unexpected("an operand");
  return parseConstant();
}

StatusOr<Operand> InstructionParser::parseConstant() {
  StatusOr<Constant> value = parseConstantExpression(lexer);
  if (!value)
    return value.status();
  Operand operand;
  operand.kind = value->isInteger() ? Operand::Kind::Integer
                 : value->kind == Constant::Kind::Float32
                     ? Operand::Kind::Float32
                     : Operand::Kind::Float64;
  operand.bits = value->bits;
  return operand;
}

/// x, y, z, w (or r, g, b, a) of a register.
static std::optional<uint8_t> componentOf(std::string_view text) {
  if (text.size() != 1)
    return std::nullopt;
  for (std::string_view letters : {"xyzw", "rgba"})
    if (size_t at = letters.find(text); at != letters.npos)
      return uint8_t(at);
  return std::nullopt;
}

static unsigned componentsOf(Special special) {
  switch (special) {
  case Special::Tid:
  case Special::Ntid:
  case Special::Ctaid:
  case Special::Nctaid:
  case Special::Clusterid:
  case Special::Nclusterid:
  case Special::ClusterCtaid:
  case Special::ClusterNctaid:
    return 4;
  default:
    return 1;
  }
}

StatusOr<Operand> InstructionParser::parseName() {
  Token name = lexer.take();
  std::optional<Operand> operand = names.find(name.text);
  unsigned components = 1;
  if (!operand) {
    std::optional<Special> special = specialOf(name.text);
    if (!special)
      return errorAt(name.location,
                     "found '" + std::string(name.text.substr(0, 60)) +
                         "', expected a name that is declared before its use");
    operand.emplace().kind = Operand::Kind::Special;
    operand->special = *special;
    components = componentsOf(*special);
  } else if (operand->kind == Operand::Kind::Register) {
    components = function.registers[operand->index].vectorLength;
  } else if (operand->kind == Operand::Kind::Variable) {
    WEFT_RETURN_IF_ERROR(parseOffset(*operand));
    return *operand;
  }
  if (lexer.peek().kind != Token::Kind::DotWord) {
    if (components == 1 || operand->kind != Operand::Kind::Register)
      return components == 1 ? StatusOr<Operand>(*operand)
                             : lexer.unexpected("'.x', '.y' or '.z' after '" +
                                                std::string(name.text) + "'");
    // A vector register is all its elements.
    Operand vector;
    vector.kind = Operand::Kind::Vector;
    for (unsigned i = 0; i < components; ++i) {
      operand->component = uint8_t(i);
      vector.elements.push_back(*operand);
    }
    return vector;
  }
  std::optional<uint8_t> component = componentOf(lexer.peek().text);
  if (!component || *component >= components || components == 1)
    return lexer.unexpected(
        components == 1 ? "no component of '" + std::string(name.text) + "'"
                        : std::string("a component: '.x', '.y', '.z'"));
  lexer.take();
  operand->component = *component;
  return *operand;
}

/// `+4`, `-4`, `+-4` after the name of a variable or a base.
Status InstructionParser::parseOffset(Operand &operand) {
  bool isNegative = lexer.peek().is("-");
  if (!isNegative && !lexer.peek().is("+"))
    return Status::ok();
  if (!isNegative)
    lexer.take();
  StatusOr<uint64_t> offset = parseOffsetConstant(lexer);
  if (!offset)
    return offset.status();
  operand.bits += *offset;
  return Status::ok();
}

StatusOr<Operand> InstructionParser::parseAddress() {
  lexer.take();
  Operand address;
  address.kind = Operand::Kind::Address;
  if (lexer.peek().isIdentifier() && lexer.peek().text != "WARP_SZ") {
    Location location = lexer.peek().location;
    StatusOr<Operand> base = parseName();
    if (!base)
      return base;
    bool isVariable = base->kind == Operand::Kind::Variable;
    if (!isVariable && (base->kind != Operand::Kind::Register ||
                        bitsOf(function.registers[base->index].type) < 32))
      return errorAt(location, "found a base of the address that is no "
                               "address, expected a variable or a register of "
                               "32 or 64 bits");
    WEFT_RETURN_IF_ERROR(parseOffset(*base));
    address.bits = base->bits;
    base->bits = 0;
    address.elements.push_back(std::move(*base));
  } else {
    Location location = lexer.peek().location;
    StatusOr<Constant> absolute = parseConstantExpression(lexer);
    if (!absolute)
      return absolute.status();
    if (!absolute->isInteger())
      return errorAt(location,
                     "found a floating-point address, expected an integer");
    address.bits = absolute->bits;
  }
  if (lexer.accept(",")) {
    Operand tensor;
    tensor.kind = Operand::Kind::TensorAddress;
    tensor.elements.push_back(std::move(address));
    if (!lexer.peek().is("{"))
      return lexer.unexpected("'{' and the coordinates");
    Location location = lexer.peek().location;
    StatusOr<Operand> coordinates = parseVector();
    if (!coordinates)
      return coordinates;
    for (Operand &one : coordinates->elements) {
      bool isCoordinate = one.kind == Operand::Kind::Integer ||
                          (one.kind == Operand::Kind::Register &&
                           bitsOf(function.registers[one.index].type) == 32);
      if (!isCoordinate)
        return errorAt(location, "found a coordinate that is no integer, "
                                 "expected registers of 32 bits");
      tensor.elements.push_back(std::move(one));
    }
    address = std::move(tensor);
  }
  WEFT_RETURN_IF_ERROR(lexer.expect("]", "after the address"));
  return address;
}

StatusOr<Operand> InstructionParser::parseVector() {
  lexer.take();
  Operand vector;
  vector.kind = Operand::Kind::Vector;
  do {
    StatusOr<Operand> element = parseElement();
    if (!element)
      return element;
    vector.elements.push_back(std::move(*element));
  } while (lexer.accept(","));
  WEFT_RETURN_IF_ERROR(lexer.expect("}", "after the elements of a vector"));
  return vector;
}
