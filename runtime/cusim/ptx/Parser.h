//===- Parser.h - From a PTX text to a module -------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_PTX_PARSER_H
#define RUNTIME_CUSIM_PTX_PARSER_H

#include "runtime/cusim/ptx/Module.h"
#include "weft/Status.h"

#include <string_view>

namespace weft::cusim::ptx {

/// Reads a whole PTX text. Every name is resolved and every instruction has a
/// form of Opcodes.def; anything else is an error "line L, column C: found ...,
/// expected ...". Any bytes may be given: memory and time stay in proportion
/// to the text (initial values apart, which take at most 256 MiB).
StatusOr<Module> parse(std::string_view text);

} // namespace weft::cusim::ptx

#endif // RUNTIME_CUSIM_PTX_PARSER_H
