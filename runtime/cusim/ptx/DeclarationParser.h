//===- DeclarationParser.h - Registers, variables, parameters ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_PTX_DECLARATIONPARSER_H
#define RUNTIME_CUSIM_PTX_DECLARATIONPARSER_H

#include "runtime/cusim/ptx/Lexer.h"
#include "runtime/cusim/ptx/Names.h"

namespace weft::cusim::ptx {

/// The most bytes that one variable may have: more than any GPU's memory.
constexpr uint64_t MaxVariableBytes = uint64_t(1) << 40;
/// The most bytes that the initialisers of a module may fill.
constexpr uint64_t MaxInitialBytes = uint64_t(1) << 28;

/// Space of a `.global`, `.shared`, `.local`, `.const` or `.param` word.
std::optional<Space> spaceOfDeclaration(const Token &token);

class DeclarationParser {
public:
  DeclarationParser(Lexer &lexer, Names &names) : lexer(lexer), names(names) {}

  /// `.reg .b32 %a, %b, %r<9>;` after `.reg`.
  Status parseRegisters();

  /// `.global .align 4 .u32 x[2] = {1, 2};` after the space.
  Status parseVariables(Space space, bool isExternal);

  /// `(.param .b32 a, .reg .b64 %b)`. Names are declared in the open scope when
  /// `isBody`, a register's under its own name.
  StatusOr<std::vector<Parameter>> parseParameters(VariableRef::Of of,
                                                   bool isBody);

private:
  /// What stands between the space and the name.
  struct Head {
    uint64_t alignment = 0;
    unsigned vectorLength = 1;
    Type type = Type::None;
    bool isManaged = false;
  };
  StatusOr<Head> parseHead(bool isParameter);
  Status parsePointerAttribute();
  StatusOr<Parameter> parseParameter(Token &name);
  /// `[2][3]`: the extents, 0 for `[]`, which only the first may be.
  StatusOr<std::vector<uint64_t>> parseExtents();
  StatusOr<uint64_t> bytesOf(Location location, const Head &head,
                             const std::vector<uint64_t> &extents);

  Lexer &lexer;
  Names &names;
  uint64_t initialBytes = 0;
};

} // namespace weft::cusim::ptx

#endif // RUNTIME_CUSIM_PTX_DECLARATIONPARSER_H
