//===- Collective.h - Operations of a whole warp ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// shfl, vote, match, redux, ldmatrix, stmatrix, mma, wmma, wgmma: each is one
// plain function over the registers of 32 lanes, the same for both widths.
// cp.async, mbarrier, bulk copies and the like, which a lane does alone, have
// the same shape and go the same way, but meet no other lane.
//
// An instruction in compiled code: collectiveForm() says which words to pass;
// the hook cusim_collective (or cusim_lanewise) brings lanes together and calls
// the function.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_COLLECTIVE_H
#define RUNTIME_CUSIM_WARP_COLLECTIVE_H

#include "runtime/cusim/machine/Strand.h"
#include "runtime/cusim/ptx/Module.h"
#include "weft/Status.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weft::cusim {

/// Words are 32 bits wide; 64-bit operands take two, low word first; predicates
/// are words of 0 or 1; narrower values are zero-extended; f16x2 and the like
/// are one word.
struct Collective {
  /// Any strand of the warp; strandOfLane() finds the others.
  Strand *strand;
  /// Lanes of the warp that take part: bit i for lane i, never 0.
  uint32_t lanes;
  uint32_t site;
  /// What the instruction fixes: a shape, types, an immediate operand. Each
  /// function defines its own encoding.
  uint64_t immediate;
  /// [word][WarpSize].
  const uint32_t *operands;
  /// [word][WarpSize]; words of lanes that do not take part are left alone.
  /// Never overlaps `operands`.
  uint32_t *results;
};

using CollectiveFunction = void (*)(const Collective &);

/// How a PTX operand travels.
struct CollectiveOperand {
  /// 32-bit words of the value, or of each element of a Vector. 0: not passed
  /// (the membermask; what `immediate` holds; `_`). An Address is passed as a
  /// generic address, two words. Of a TensorAddress: the map's generic address
  /// (two words), then each coordinate (one word).
  uint8_t words = 0;
  /// A result that is also an operand (the accumulators of wgmma).
  bool isAlsoRead = false;
  /// The state space that an Address (or, with two words, a Register or Integer
  /// that holds an address) is in, before it becomes generic.
  ptx::Space space = ptx::Space::Generic;
};

/// How an instruction becomes a call.
struct CollectiveForm {
  /// The symbol that compiled code names, bound by the JIT (see
  /// collectiveSymbols).
  const char *symbol = nullptr;
  CollectiveFunction function = nullptr;
  uint64_t immediate = 0;
  /// One for each of the instruction's operands, results first. Operand words
  /// are those of results that are also read, then of all that follow the
  /// results, in the order of the text, vectors flattened.
  std::vector<CollectiveOperand> operands;
  /// The first `resultCount` operands are results.
  unsigned resultCount = 0;
  /// Sums over `operands`, for one lane.
  unsigned operandWords = 0;
  unsigned resultWords = 0;
  /// Index of the membermask among the PTX operands; none: all lanes.
  std::optional<unsigned> memberOperand;
  /// Whether lanes meet (cusim_collective); else each does it by itself
  /// (cusim_lanewise).
  bool meetsLanes = true;
  /// Whether the instruction carries .aligned: all lanes of the warp must
  /// execute it together.
  bool isAligned = false;
};

/// True for the instructions that become a Collective.
bool isCollective(const ptx::Instruction &instruction);

/// The form of one of them. An error, without a place, for a shape, type or
/// modifier that does not exist or is not supported. `function` is where the
/// instruction stands: the types of its registers tell cp.async's ignore-src
/// (a predicate) from its src-size.
StatusOr<CollectiveForm>
collectiveForm(const ptx::Instruction &instruction,
               const ptx::Function *function = nullptr);

/// All functions that forms name, for the JIT to bind.
struct CollectiveSymbol {
  const char *name;
  CollectiveFunction function;
};
std::span<const CollectiveSymbol> collectiveSymbols();

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_COLLECTIVE_H
