//===- HookSymbols.h - What compiled kernels name ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_JIT_HOOKSYMBOLS_H
#define RUNTIME_CUSIM_JIT_HOOKSYMBOLS_H

#include <span>

namespace weft::cusim {

struct HookSymbol {
  const char *name;
  void *address;
};

/// The functions of machine/Hooks.h. Those of collectives are
/// collectiveSymbols().
std::span<const HookSymbol> hookSymbols();

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_JIT_HOOKSYMBOLS_H
