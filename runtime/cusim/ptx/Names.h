//===- Names.h - What a name means where it stands --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_PTX_NAMES_H
#define RUNTIME_CUSIM_PTX_NAMES_H

#include "runtime/cusim/ptx/Lexer.h"
#include "runtime/cusim/ptx/Module.h"

#include <string_view>
#include <unordered_map>
#include <vector>

namespace weft::cusim::ptx {

/// Registers, variables and functions by name: scopes of `{ }` within a
/// function within the module. Names are views of the PTX text.
class Names {
public:
  explicit Names(Module &module) : module(module) {}

  /// Registers, variables and parameters declared from here on are those of
  /// the body of this function, until leaveFunction.
  void enterFunction(Function &function);
  void leaveFunction();
  void openScope() { scopes.emplace_back(); }
  void closeScope() { scopes.pop_back(); }

  /// `%r`, or with a count `%r<count>`: %r0 to %r(count-1). Registers enter
  /// Function::registers when something uses them: `%r<4000000000>` costs
  /// nothing.
  Status declareRegister(const Token &name, Type type, uint8_t vectorLength);
  Status declareRegisters(const Token &prefix, uint64_t count, Type type,
                          uint8_t vectorLength);
  /// Adds the variable to the function, or without one to the module; a
  /// definition takes the place of an external declaration.
  Status declareVariable(Variable variable, std::string_view name);
  Status declareParameter(const Token &name, VariableRef::Of of,
                          uint32_t index);
  void declareFunction(std::string_view name, uint32_t index) {
    functions[name] = index;
  }

  std::optional<uint32_t> findFunction(std::string_view name) const;
  bool isOfModule(std::string_view name) const {
    return moduleVariables.contains(name) || functions.contains(name);
  }
  /// A Register, Variable or Function operand.
  std::optional<Operand> find(std::string_view name);

private:
  struct Symbol {
    enum class Kind : uint8_t { Register, Variable } kind;
    /// Of a register that nothing has used yet: none.
    std::optional<uint32_t> index;
    Type type = Type::None;
    uint8_t vectorLength = 1;
    VariableRef::Of of = VariableRef::Of::Variables;
  };
  struct Range {
    uint64_t count;
    Type type;
    uint8_t vectorLength;
  };
  struct Scope {
    std::unordered_map<std::string_view, Symbol> symbols;
    std::unordered_map<std::string_view, Range> ranges;
  };
  Status declare(const Token &name, Symbol symbol);
  Symbol *findSymbol(Scope &scope, std::string_view name);

  Module &module;
  Function *function = nullptr;
  std::vector<Scope> scopes;
  std::unordered_map<std::string_view, uint32_t> functions;
  std::unordered_map<std::string_view, uint32_t> moduleVariables;
};

} // namespace weft::cusim::ptx

#endif // RUNTIME_CUSIM_PTX_NAMES_H
