//===- Harness.h - Compiles single instructions and runs them ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Instructions are built from their text without operands ("add.sat.s32"), so
// that only the emitter is under test, and compiled at both widths into one
// module, by the passes that kernels take.
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_INSTRUCTIONS_HARNESS_H
#define TEST_RUNTIME_CUSIM_INSTRUCTIONS_HARNESS_H

#include "runtime/cusim/ptx/Module.h"
#include "weft/Status.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weft::cusim::test {

/// One instruction to compile. Operands and results are the low bits of 64.
struct Subject {
  std::string text;
  unsigned operands = 2;
  unsigned results = 1;
  /// Operands that are numbers in the text.
  std::map<unsigned, uint64_t> constants;
  /// The carry flag comes as a last operand, and goes as a last result.
  bool hasCarry = false;

  unsigned inputs() const { return operands + hasCarry; }
  unsigned outputs() const { return results + hasCarry; }
};

/// "mul.wide.u16" as the parser would give it, with that many operands.
ptx::Instruction makeInstruction(const Subject &subject);

/// Why the emitter refuses it; ok if it doesn't.
Status tryToEmit(const ptx::Instruction &instruction, const Subject &subject,
                 unsigned width);

/// Reads inputs [inputs][width], writes outputs [outputs][width].
using Compiled = void (*)(const uint64_t *inputs, uint64_t *outputs);

class Program {
public:
  /// Aborts on an instruction that cannot be compiled, with the reason.
  explicit Program(const std::vector<Subject> &subjects);
  ~Program();

  /// Instruction number `index` at width 1 or 32.
  Compiled function(size_t index, unsigned width) const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation;
};

} // namespace weft::cusim::test

#endif // TEST_RUNTIME_CUSIM_INSTRUCTIONS_HARNESS_H
