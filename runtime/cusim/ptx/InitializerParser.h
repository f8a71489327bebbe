//===- InitializerParser.h - Initial values of variables --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_PTX_INITIALIZERPARSER_H
#define RUNTIME_CUSIM_PTX_INITIALIZERPARSER_H

#include "runtime/cusim/ptx/Lexer.h"
#include "runtime/cusim/ptx/Names.h"

namespace weft::cusim::ptx {

/// Reads what follows the `=` of a variable into its bytes and relocations:
/// `5`, `{1, 2}`, `{{1}, {2, 3}}`, `{0f3F800000, -1}`, `generic(x)+8`, and
/// `0xFF(x), 0xFF00(x), ...`, an address byte by byte.
class InitializerParser {
public:
  /// `extents` are those of the array, and of a vector's elements last; one
  /// left out takes the number of values. `moduleBytes` counts what the
  /// initialisers of the whole module fill.
  InitializerParser(Lexer &lexer, Names &names, Variable &variable,
                    const std::vector<uint64_t> &extents,
                    uint64_t &moduleBytes);

  Status parse();

private:
  Status parseLevel(size_t level, uint64_t begin, uint64_t end);
  Status parseValue(uint64_t offset);
  Status parseAddress(uint64_t offset, Location location);
  /// `0xFF00(x)`: byte 1 of the address of x.
  Status parseAddressByte(uint64_t offset, Location location, uint64_t mask);
  Status write(uint64_t offset, Location location, uint64_t bits);
  Status reserve(uint64_t end, Location location);

  Lexer &lexer;
  Names &names;
  Variable &variable;
  const std::vector<uint64_t> &extents;
  uint64_t &moduleBytes;
  uint64_t elementBytes;
};

} // namespace weft::cusim::ptx

#endif // RUNTIME_CUSIM_PTX_INITIALIZERPARSER_H
