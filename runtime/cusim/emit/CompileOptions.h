//===- CompileOptions.h - How PTX is translated -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_COMPILEOPTIONS_H
#define RUNTIME_CUSIM_EMIT_COMPILEOPTIONS_H

namespace weft::cusim {

struct CompileOptions {
  /// Lanes a strand: 1 is exact and takes every check, 32 is fast.
  unsigned width = 32;
  /// Accesses outside of allocations and misaligned ones.
  bool checkBounds = true;
  /// Races within a block and reads of uninitialised shared memory; width 1.
  bool checkRaces = false;
  /// Instructions, memory sectors, bank conflicts.
  bool count = false;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_COMPILEOPTIONS_H
