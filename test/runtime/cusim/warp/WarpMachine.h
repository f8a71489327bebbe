//===- WarpMachine.h - Runs collectives without compiled code ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A strand of 32 lanes with shared memory, and instructions built by hand.
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_WARP_WARPMACHINE_H
#define TEST_RUNTIME_CUSIM_WARP_WARPMACHINE_H

#include "runtime/cusim/warp/Collective.h"

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace weft::cusim {

/// The words of all lanes, [word][lane].
using Words = std::vector<std::array<uint32_t, WarpSize>>;

/// `results` results and the other operands, each a vector of that many
/// registers; 0 stands for a plain register, -1 for an address.
ptx::Instruction makeInstruction(ptx::Opcode opcode,
                                 std::vector<ptx::Modifier> modifiers,
                                 std::vector<ptx::Type> types,
                                 std::vector<int> operands,
                                 std::optional<ptx::MatrixShape> shape = {});
/// An operand that is a constant.
ptx::Operand constantOperand(uint64_t value);

class WarpMachine {
public:
  WarpMachine();

  /// Runs one instruction; fails the test when it has no form. Results of lanes
  /// that do not take part keep the pattern 0xdeadbeef.
  Words run(const ptx::Instruction &instruction, const Words &operands,
            uint32_t lanes = ~uint32_t(0));
  /// The message of the error that collectiveForm() gives; empty: none.
  static std::string errorOf(const ptx::Instruction &instruction);

  /// The generic address of a byte of shared memory.
  static uint64_t sharedAddress(uint32_t offset);

  std::vector<uint8_t> shared;
  Strand strand{};
  std::mt19937 random{7};

private:
  std::vector<SiteRange> sites;
};

/// Sets words `word` and `word + 1` of a lane to an address.
void setAddress(Words &words, unsigned word, unsigned lane, uint64_t address);

} // namespace weft::cusim

#endif // TEST_RUNTIME_CUSIM_WARP_WARPMACHINE_H
