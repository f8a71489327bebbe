//===- Collective.h - Operations of a whole warp ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// shfl, vote, match, redux, ldmatrix, stmatrix, mma, wmma, wgmma: each is one
// plain function over the registers of 32 lanes, the same for both widths.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_COLLECTIVE_H
#define RUNTIME_CUSIM_WARP_COLLECTIVE_H

#include "runtime/cusim/machine/Strand.h"
#include "runtime/cusim/ptx/Module.h"

#include <cstdint>
#include <optional>

namespace weft::cusim {

/// Words are 32 bits wide; 64-bit operands take two, low word first; predicates
/// are words of 0 or 1; f16x2 and the like are one word.
struct Collective {
  /// Any strand of the warp: for its block's memory and for reports.
  Strand *strand;
  /// Lanes of the warp that take part: bit i for lane i.
  uint32_t lanes;
  /// What the instruction fixes: a shape, types, an immediate operand. Each
  /// function defines its own encoding.
  uint64_t immediate;
  /// [word][WarpSize].
  const uint32_t *operands;
  /// [word][WarpSize]; words of lanes that do not take part are left alone.
  uint32_t *results;
  uint32_t site;
};

using CollectiveFunction = void (*)(const Collective &);

/// How an instruction becomes a collective: which function, with which
/// immediate, and how many 32-bit words of operands and results a lane has.
/// Operands are the PTX operands after the results, in order, vectors
/// flattened, an Address as a 64-bit generic address (two words); without the
/// membermask where `memberOperand` says which operand that is.
struct CollectiveForm {
  /// The hook's symbol, bound by the JIT: "cusim_mma", ...
  const char *symbol;
  CollectiveFunction function;
  uint64_t immediate = 0;
  unsigned operandWords = 0;
  unsigned resultWords = 0;
  /// Index of the membermask among the PTX operands; none: all lanes.
  std::optional<unsigned> memberOperand;
};

/// The form of a warp-wide instruction; nothing for one that is not.
std::optional<CollectiveForm>
collectiveForm(const ptx::Instruction &instruction);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_COLLECTIVE_H
