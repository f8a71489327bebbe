//===- CheckOperands.cpp - An instruction's operands against its forms ----===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/Forms.h"

#include <algorithm>

using namespace weft;
using namespace weft::cusim::ptx;

namespace {

using Kind = Operand::Kind;

class Checker {
public:
  Checker(const Form &form, const Instruction &instruction,
          const std::vector<OperandText> &texts,
          const std::vector<Register> &registers)
      : form(form), instruction(instruction), texts(texts),
        registers(registers) {}

  bool check();

  /// The operand that does not fit, whether it is at least a vector as the form
  /// wants, and what was expected there.
  size_t failedAt = 0;
  bool isNear = false;
  std::string expected;

private:
  bool fits(const OperandForm &operandForm, const Operand &operand);
  bool fitsElement(const OperandForm &operandForm, const Operand &operand);
  bool fitsVector(const OperandForm &operandForm, const Operand &operand,
                  unsigned elements);
  bool fitsParts(const Operand &operand, bool isDestination);
  bool fitsConstant(const OperandForm &operandForm, const Operand &operand);
  bool fitsRegister(const OperandForm &operandForm, const Operand &operand);
  Type typeOf(const OperandForm &operandForm) const;
  bool expect(std::string text) {
    expected = std::move(text);
    return false;
  }

  const Form &form;
  const Instruction &instruction;
  const std::vector<OperandText> &texts;
  const std::vector<Register> &registers;
};

} // namespace

Type Checker::typeOf(const OperandForm &operandForm) const {
  using Source = OperandForm::TypeSource;
  switch (operandForm.typeSource) {
  case Source::Numbered:
    return instruction.type(operandForm.typeNumber);
  case Source::Named:
    return operandForm.type;
  case Source::TwiceAsWide:
    return twiceAsWide(instruction.type(0));
  case Source::Any:
    return Type::None;
  }
  return Type::None;
}

bool Checker::check() {
  const std::vector<Operand> &operands = instruction.operands;
  if (form.isOwnSyntax)
    return true;
  size_t next = 0;
  for (const OperandForm &one : form.operands) {
    failedAt = next;
    isNear = false;
    bool isThere =
        next < operands.size() && texts[next].isJoined == one.isJoined;
    if (isThere && fits(one, operands[next])) {
      ++next;
      continue;
    }
    // What follows a `|` cannot be the next operand.
    bool isOther = isThere && one.isJoined;
    if (one.isOptional && !isOther)
      continue;
    if (!isThere)
      expected = one.isJoined ? "'|' and a second result" : "another operand";
    return false;
  }
  failedAt = next;
  if (next == operands.size())
    return true;
  if (expected.empty())
    expected = "';'";
  return false;
}

/// An integer type and a floating-point type; .b types go with both.
static bool isMismatch(Type wanted, Type found) {
  auto isInteger = [](Type type) {
    std::string_view text = textOf(type);
    return text.starts_with('u') || text.starts_with('s');
  };
  return (isInteger(wanted) && isFloat(found)) ||
         (isFloat(wanted) && !isPacked(wanted) && isInteger(found));
}

bool Checker::fitsRegister(const OperandForm &operandForm,
                           const Operand &operand) {
  const Register &reg = registers[operand.index];
  if (operandForm.typeSource == OperandForm::TypeSource::Any)
    return reg.type != Type::Pred || expect("a register that is no predicate");
  Type type = typeOf(operandForm);
  if ((type == Type::Pred) != (reg.type == Type::Pred))
    return expect(type == Type::Pred ? "a predicate"
                                     : "a register that is no predicate");
  if (operand.negated && type != Type::Pred)
    return expect("an operand without '!'");
  unsigned bits = bitsOf(type), found = bitsOf(reg.type);
  // Loads, stores and conversions take a part of a wider register.
  if (found != bits && !(operandForm.isWider && found > bits))
    return expect("a register of " + std::to_string(bits) + " bits, not of " +
                  std::to_string(found));
  if (isMismatch(type, reg.type))
    return expect("a register of type ." + std::string(textOf(type)) +
                  " or .b" + std::to_string(bits) + ", not ." +
                  std::string(textOf(reg.type)));
  return true;
}

bool Checker::fitsConstant(const OperandForm &operandForm,
                           const Operand &operand) {
  Type type = typeOf(operandForm);
  if (operandForm.typeSource == OperandForm::TypeSource::Any)
    return true;
  bool isInteger = operand.kind == Kind::Integer;
  if (isFloat(type) && (isPacked(type) || bitsOf(type) < 32))
    return expect("a register: halves have no constants");
  if (type == Type::F32 || type == Type::F64)
    return !isInteger || expect("a floating-point constant: 0f with 8 or 0d "
                                "with 16 hexadecimal digits");
  // `mov.b32 %r, 0f3F800000` moves bits.
  if (type == Type::B32 && operand.kind == Kind::Float32)
    return true;
  if (type == Type::B64 && operand.kind == Kind::Float64)
    return true;
  return isInteger || expect("an integer constant");
}

bool Checker::fitsElement(const OperandForm &operandForm,
                          const Operand &operand) {
  bool isSink = operand.kind == Kind::Sink;
  switch (operandForm.letter) {
  case '_':
    return isSink || expect("'_'");
  case 's':
  case 'D':
    if (isSink)
      return true;
    [[fallthrough]];
  case 'd':
    if (operand.kind != Kind::Register || operand.negated)
      return expect("a register");
    return fitsRegister(operandForm, operand);
  default:
    break;
  }
  switch (operand.kind) {
  case Kind::Register:
    return fitsRegister(operandForm, operand);
  case Kind::Special:
    if (operandForm.letter != 'e')
      return expect("no special register: only mov reads them");
    return (typeOf(operandForm) == Type::Pred) ==
               (operand.special == Special::IsExplicitCluster) ||
           expect("a register of the instruction's type");
  case Kind::Integer:
  case Kind::Float32:
  case Kind::Float64:
    return fitsConstant(operandForm, operand);
  case Kind::Variable:
  case Kind::Function: {
    unsigned bits = bitsOf(typeOf(operandForm));
    return operandForm.typeSource == OperandForm::TypeSource::Any ||
           (!isFloat(typeOf(operandForm)) && (bits == 32 || bits == 64)) ||
           expect("no address: only types of 32 and 64 bits hold one");
  }
  default:
    return expect("a register or a constant");
  }
}

bool Checker::fitsVector(const OperandForm &operandForm, const Operand &operand,
                         unsigned elements) {
  isNear = operand.kind == Kind::Vector;
  if (!isNear || operand.elements.size() != elements)
    return expect("{ } with " + std::to_string(elements) + " elements");
  return std::all_of(operand.elements.begin(), operand.elements.end(),
                     [&](const Operand &element) {
                       return fitsElement(operandForm, element);
                     });
}

/// mov.b64 {%lo, %hi}, %rd: the parts make up the whole.
bool Checker::fitsParts(const Operand &operand, bool isDestination) {
  isNear = operand.kind == Kind::Vector;
  if (!isNear)
    return expect("{ } with the parts of a value");
  unsigned whole = bitsOf(instruction.type(0));
  size_t count = operand.elements.size();
  if ((count != 2 && count != 4) || whole / count < 8)
    return expect("{ } with 2 or 4 parts of a value");
  for (const Operand &part : operand.elements) {
    bool isAllowed = part.kind == Kind::Register ||
                     (isDestination ? part.kind == Kind::Sink
                                    : part.kind == Kind::Integer ||
                                          part.kind == Kind::Float32);
    if (!isAllowed || part.negated)
      return expect("registers as the parts of a value");
    if (part.kind != Kind::Register)
      continue;
    const Register &reg = registers[part.index];
    if (reg.type == Type::Pred || bitsOf(reg.type) * count != whole)
      return expect("parts of " + std::to_string(whole / count) + " bits");
  }
  return true;
}

bool Checker::fits(const OperandForm &one, const Operand &operand) {
  switch (one.letter) {
  case 'm':
    return operand.kind == Kind::Address || expect("an address in [ ]");
  case 't':
    return operand.kind == Kind::TensorAddress ||
           expect("[tensor map, {coordinates}]");
  case 'l':
    return operand.kind == Kind::Label || expect("a label");
  case 'b':
    return operand.kind == Kind::BranchTargets ||
           expect("the label of a .branchtargets list");
  case 'u':
    return fitsParts(operand, /*isDestination=*/true);
  case 'p':
    return fitsParts(operand, /*isDestination=*/false);
  case 'i': {
    if (operand.kind != Kind::Integer)
      return expect("an integer constant");
    bool isOne =
        one.values.empty() || std::find(one.values.begin(), one.values.end(),
                                        operand.bits) != one.values.end();
    if (isOne && (one.limit == UINT64_MAX || operand.bits < one.limit))
      return true;
    std::string values;
    for (uint64_t value : one.values)
      values += (values.empty() ? "" : ", ") + std::to_string(value);
    return expect(one.values.empty()
                      ? "a constant below " + std::to_string(one.limit)
                      : "one of " + values);
  }
  default:
    break;
  }
  unsigned elements = one.elements;
  if (one.columnsPerElement && instruction.shape)
    elements = instruction.shape->n / one.columnsPerElement;
  if (one.letter == 'D' || one.letter == 'A')
    elements = instruction.vectorLength() > 1 ? instruction.vectorLength() : 0;
  if ((one.letter == 'D' || one.letter == 'A') &&
      elements * bitsOf(instruction.type(0)) > 128)
    return expect("at most 128 bits in a vector");
  // Braces around one register are a matter of taste.
  if (elements == 1 && operand.kind != Kind::Vector)
    elements = 0;
  return elements ? fitsVector(one, operand, elements)
                  : fitsElement(one, operand);
}

Status cusim::ptx::checkOperands(const std::vector<const Form *> &forms,
                                 const Instruction &instruction,
                                 const std::vector<OperandText> &texts,
                                 const std::vector<Register> &registers) {
  size_t furthest = 0;
  bool isNear = false;
  std::string expected;
  for (const Form *form : forms) {
    Checker checker(*form, instruction, texts, registers);
    if (checker.check())
      return Status::ok();
    if (expected.empty() || checker.failedAt > furthest ||
        (checker.failedAt == furthest && checker.isNear && !isNear)) {
      furthest = checker.failedAt;
      isNear = checker.isNear;
      expected = checker.expected;
    }
  }
  Location location =
      furthest < texts.size() ? texts[furthest].location : instruction.location;
  return errorAt(location,
                 "operand " + std::to_string(furthest + 1) + " of '" +
                     std::string(textOf(instruction.opcode)) +
                     (furthest < texts.size() ? "' does not fit, expected "
                                              : "' is missing, expected ") +
                     expected);
}
