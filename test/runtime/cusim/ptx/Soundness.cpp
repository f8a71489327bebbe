//===- Soundness.cpp - Whether a parsed module can be trusted -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/ptx/Soundness.h"

#include <algorithm>

using namespace weft::cusim;
using namespace weft::cusim::ptx;

static bool isSound(const Module &module, const Function &function,
                    const Operand &operand) {
  auto isElementSound = [&](const Operand &element) {
    return isSound(module, function, element);
  };
  if (!std::all_of(operand.elements.begin(), operand.elements.end(),
                   isElementSound))
    return false;
  switch (operand.kind) {
  case Operand::Kind::Register:
    return operand.index < function.registers.size() &&
           operand.component < function.registers[operand.index].vectorLength;
  case Operand::Kind::Label:
    return operand.index < function.labels.size();
  case Operand::Kind::Function:
    return operand.index < module.functions.size();
  case Operand::Kind::BranchTargets:
    return operand.index < function.branchTargets.size();
  case Operand::Kind::Prototype:
    return operand.index < function.prototypes.size();
  case Operand::Kind::Address:
    return operand.elements.size() <= 1;
  case Operand::Kind::TensorAddress:
    return operand.elements.size() >= 2 &&
           operand.elements[0].kind == Operand::Kind::Address;
  case Operand::Kind::Variable: {
    using Of = VariableRef::Of;
    const VariableRef &variable = operand.variable;
    size_t count = variable.isOfModule             ? module.variables.size()
                   : variable.of == Of::Parameters ? function.parameters.size()
                   : variable.of == Of::Results    ? function.results.size()
                                                   : function.variables.size();
    return variable.index < count;
  }
  default:
    return true;
  }
}

static bool isSound(const Module &module, const Variable &variable) {
  bool hasPower = variable.alignment != 0 &&
                  (variable.alignment & (variable.alignment - 1)) == 0;
  return hasPower && variable.initial.size() <= variable.bytes &&
         std::all_of(variable.relocations.begin(), variable.relocations.end(),
                     [&](const Variable::Relocation &one) {
                       return variable.initial.size() >= 8 &&
                              one.offset <= variable.initial.size() - 8 &&
                              isSound(module, Function(), one.target);
                     });
}

static bool isSound(const Function &function) {
  for (const Label &label : function.labels)
    if (label.instruction > function.instructions.size())
      return false;
  for (const std::vector<uint32_t> &targets : function.branchTargets)
    for (uint32_t label : targets)
      if (label >= function.labels.size())
        return false;
  for (const std::vector<Parameter> *list :
       {&function.parameters, &function.results})
    for (const Parameter &parameter : *list)
      if (!function.isDeclaration && parameter.registerIndex &&
          *parameter.registerIndex >= function.registers.size())
        return false;
  return true;
}

std::string ptx::unsoundPlace(const Module &module) {
  for (const Variable &variable : module.variables)
    if (!isSound(module, variable))
      return "variable " + variable.name;
  for (const Function &function : module.functions) {
    if (!isSound(function))
      return "function " + function.name;
    for (const Variable &variable : function.variables)
      if (!isSound(module, variable))
        return function.name + ": variable " + variable.name;
    for (const Instruction &instruction : function.instructions) {
      bool isSoundHere =
          !instruction.guard || isSound(module, function, *instruction.guard);
      for (const Operand &operand : instruction.operands)
        isSoundHere &= isSound(module, function, operand);
      if (!isSoundHere)
        return function.name + ": " + instruction.text;
    }
  }
  return {};
}
