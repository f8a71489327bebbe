//===- FunctionParser.h - Functions and their bodies ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_PTX_FUNCTIONPARSER_H
#define RUNTIME_CUSIM_PTX_FUNCTIONPARSER_H

#include "runtime/cusim/ptx/DeclarationParser.h"
#include "runtime/cusim/ptx/InstructionParser.h"

#include <string_view>
#include <unordered_map>
#include <vector>

namespace weft::cusim::ptx {

/// `.loc`, `.pragma` and the like, which change nothing: takes one if it comes
/// next.
StatusOr<bool> skipNote(Lexer &lexer);

/// Reads one `.entry` or `.func`, with or without a body, into the module.
class FunctionParser {
public:
  FunctionParser(Lexer &lexer, Names &names, DeclarationParser &declarations,
                 Module &module)
      : lexer(lexer), names(names), declarations(declarations), module(module) {
  }

  /// After `.entry` or `.func`.
  Status parse(bool isEntry);

private:
  /// A mention of a label; it means the innermost one of the scopes around it.
  struct Reference {
    enum class Where : uint8_t { Instruction, BranchTargets } where;
    /// Of the instruction, or of the list and the entry in it.
    uint32_t index, entry;
    std::string_view name;
    Location location;
  };
  struct Scope {
    std::unordered_map<std::string_view, uint32_t> labels;
    std::vector<Reference> references;
    /// `.branchtargets` and the like that the scope declares.
    std::vector<std::string_view> lists;
  };

  Status parseHeader(bool isEntry);
  Status parseLimits();
  Status parseExtents(uint32_t (&extents)[3]);
  StatusOr<uint32_t> addToModule(Location location);
  Status parseBody();
  Status parseStatement();
  Status parseLabelled();
  Status parseBranchTargets(const Token &name);
  Status parseCallTargets(const Token &name);
  Status parseCallPrototype(const Token &name);
  Status addList(const Token &name,
                 std::unordered_map<std::string_view, uint32_t> &list,
                 size_t index);
  Status closeScope();
  void resolve(const Reference &reference, uint32_t label);

  Lexer &lexer;
  Names &names;
  DeclarationParser &declarations;
  Module &module;
  Function function;
  std::string_view name;
  bool hasBody = false;
  std::vector<Scope> scopes;
  ListNames lists;
};

} // namespace weft::cusim::ptx

#endif // RUNTIME_CUSIM_PTX_FUNCTIONPARSER_H
