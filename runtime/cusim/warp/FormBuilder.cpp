//===- FormBuilder.cpp - Describes the operands of a form -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/FormBuilder.h"

#include <algorithm>

namespace weft::cusim {

using ptx::Operand;

Status formError(const ptx::Instruction &instruction,
                 const std::string &message) {
  return Status::error(std::string(textOf(instruction.opcode)) + ": " +
                       message);
}

FormBuilder::FormBuilder(const ptx::Instruction &instruction,
                         const char *symbol, CollectiveFunction function)
    : instruction(instruction) {
  form.symbol = symbol;
  form.function = function;
  form.isAligned = instruction.has(ptx::Modifier::Aligned);
}

void FormBuilder::fail(std::string message) {
  if (!failure)
    failure = std::move(message);
}

bool FormBuilder::hasMore() const {
  return form.operands.size() < instruction.operands.size();
}

const Operand *FormBuilder::next() {
  if (hasMore())
    return &instruction.operands[form.operands.size()];
  fail("has " + std::to_string(instruction.operands.size()) +
       " operands, one or more are missing");
  return nullptr;
}

unsigned FormBuilder::elementsOf(const Operand &operand, unsigned count) {
  bool isVector = operand.kind == Operand::Kind::Vector;
  auto found = isVector ? static_cast<unsigned>(operand.elements.size()) : 1;
  if (found != std::max(count, 1u) || (isVector && !count))
    fail("operand " + std::to_string(form.operands.size() + 1) + " has " +
         std::to_string(found) + " registers, expected " +
         std::to_string(std::max(count, 1u)));
  return found;
}

void FormBuilder::result(unsigned words, unsigned count, bool isAlsoRead) {
  const Operand *operand = next();
  if (!operand)
    return;
  unsigned elements = elementsOf(*operand, count);
  form.operands.push_back(
      {static_cast<uint8_t>(words), isAlsoRead, ptx::Space::Generic});
  form.resultCount = static_cast<unsigned>(form.operands.size());
  form.resultWords += words * elements;
  if (isAlsoRead)
    form.operandWords += words * elements;
}

void FormBuilder::operand(unsigned words, unsigned count) {
  const Operand *operand = next();
  if (!operand)
    return;
  form.operandWords += words * elementsOf(*operand, count);
  form.operands.push_back(
      {static_cast<uint8_t>(words), false, ptx::Space::Generic});
}

void FormBuilder::address(ptx::Space space) {
  const Operand *operand = next();
  if (!operand)
    return;
  if (operand->kind != Operand::Kind::Address &&
      operand->kind != Operand::Kind::Register &&
      operand->kind != Operand::Kind::Integer &&
      operand->kind != Operand::Kind::Variable)
    fail("operand " + std::to_string(form.operands.size() + 1) +
         " is not an address");
  form.operandWords += 2;
  form.operands.push_back({2, false, space});
}

unsigned FormBuilder::tensorAddress() {
  const Operand *operand = next();
  if (!operand)
    return 0;
  if (operand->kind != Operand::Kind::TensorAddress) {
    fail("operand " + std::to_string(form.operands.size() + 1) +
         " is not a tensor's address, [map, {coordinates}]");
    return 0;
  }
  auto coordinates = static_cast<unsigned>(operand->elements.size() - 1);
  form.operandWords += 2 + coordinates;
  form.operands.push_back({1, false, ptx::Space::Generic});
  return coordinates;
}

void FormBuilder::members() {
  if (!next())
    return;
  form.memberOperand = static_cast<unsigned>(form.operands.size());
  form.operands.push_back({});
}

void FormBuilder::skip() {
  if (next())
    form.operands.push_back({});
}

uint64_t FormBuilder::constant() {
  const Operand *operand = next();
  if (!operand)
    return 0;
  if (operand->kind != Operand::Kind::Integer)
    fail("operand " + std::to_string(form.operands.size() + 1) +
         " is not a constant");
  form.operands.push_back({});
  return operand->bits;
}

StatusOr<CollectiveForm> FormBuilder::finish() {
  if (hasMore())
    fail("has " + std::to_string(instruction.operands.size()) +
         " operands, expected " + std::to_string(form.operands.size()));
  if (failure)
    return formError(instruction, *failure);
  return std::move(form);
}

} // namespace weft::cusim
