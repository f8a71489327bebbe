//===- Names.cpp ----------------------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/Names.h"

#include <algorithm>
#include <charconv>

using namespace weft;
using namespace weft::cusim::ptx;

void Names::enterFunction(Function &entered) {
  function = &entered;
  scopes.clear();
  openScope();
}

void Names::leaveFunction() {
  function = nullptr;
  scopes.clear();
}

static Status alreadyDeclared(Location location, std::string_view name) {
  return errorAt(location, "'" + std::string(name) +
                               "' is declared a second time, expected another "
                               "name");
}

Status Names::declare(const Token &name, Symbol symbol) {
  if (!scopes.back().symbols.emplace(name.text, symbol).second)
    return alreadyDeclared(name.location, name.text);
  return Status::ok();
}

Status Names::declareRegister(const Token &name, Type type,
                              uint8_t vectorLength) {
  return declare(name,
                 {Symbol::Kind::Register, std::nullopt, type, vectorLength});
}

Status Names::declareRegisters(const Token &prefix, uint64_t count, Type type,
                               uint8_t vectorLength) {
  if (!scopes.back()
           .ranges.emplace(prefix.text, Range{count, type, vectorLength})
           .second)
    return alreadyDeclared(prefix.location, prefix.text);
  return Status::ok();
}

Status Names::declareParameter(const Token &name, VariableRef::Of of,
                               uint32_t index) {
  return declare(name, {Symbol::Kind::Variable, index, Type::None, 1, of});
}

Status Names::declareVariable(Variable variable, std::string_view name) {
  if (function) {
    if (!scopes.back()
             .symbols
             .emplace(name, Symbol{Symbol::Kind::Variable,
                                   uint32_t(function->variables.size())})
             .second)
      return alreadyDeclared(variable.location, name);
    function->variables.push_back(std::move(variable));
    return Status::ok();
  }
  auto [found, isNew] =
      moduleVariables.emplace(name, uint32_t(module.variables.size()));
  if (isNew && !functions.contains(name)) {
    module.variables.push_back(std::move(variable));
    return Status::ok();
  }
  if (isNew)
    return alreadyDeclared(variable.location, name);
  Variable &first = module.variables[found->second];
  if (first.space != variable.space ||
      (!first.isExternal && !variable.isExternal))
    return alreadyDeclared(variable.location, name);
  if (first.isExternal)
    first = std::move(variable);
  return Status::ok();
}

Names::Symbol *Names::findSymbol(Scope &scope, std::string_view name) {
  if (auto found = scope.symbols.find(name); found != scope.symbols.end())
    return &found->second;
  // Of `%r1<5>` and `%r<20>` both may have a %r12. No number is longer.
  constexpr size_t maxDigits = 10;
  size_t first = name.size() - std::min(name.size() - 1, maxDigits);
  for (size_t split = name.size();
       split > first && name[split - 1] >= '0' && name[split - 1] <= '9';) {
    --split;
    std::string_view digits = name.substr(split);
    auto found = scope.ranges.find(name.substr(0, split));
    uint64_t number;
    auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    bool hasLeadingZero = digits.size() > 1 && digits[0] == '0';
    if (found == scope.ranges.end() || error != std::errc() ||
        number >= found->second.count || hasLeadingZero)
      continue;
    Symbol symbol = {Symbol::Kind::Register, std::nullopt, found->second.type,
                     found->second.vectorLength};
    return &scope.symbols.emplace(name, symbol).first->second;
  }
  return nullptr;
}

std::optional<uint32_t> Names::findFunction(std::string_view name) const {
  auto found = functions.find(name);
  if (found == functions.end())
    return std::nullopt;
  return found->second;
}

std::optional<Operand> Names::find(std::string_view name) {
  Operand operand;
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    Symbol *symbol = findSymbol(*scope, name);
    if (!symbol)
      continue;
    if (symbol->kind == Symbol::Kind::Variable) {
      operand.kind = Operand::Kind::Variable;
      operand.variable = {/*isOfModule=*/false, symbol->of, *symbol->index};
      return operand;
    }
    if (!symbol->index) {
      symbol->index = uint32_t(function->registers.size());
      function->registers.push_back(
          {std::string(name), symbol->type, symbol->vectorLength});
    }
    operand.kind = Operand::Kind::Register;
    operand.index = *symbol->index;
    return operand;
  }
  if (auto found = moduleVariables.find(name); found != moduleVariables.end()) {
    operand.kind = Operand::Kind::Variable;
    operand.variable = {/*isOfModule=*/true, VariableRef::Of::Variables,
                        found->second};
    return operand;
  }
  if (std::optional<uint32_t> index = findFunction(name)) {
    operand.kind = Operand::Kind::Function;
    operand.index = *index;
    return operand;
  }
  return std::nullopt;
}
