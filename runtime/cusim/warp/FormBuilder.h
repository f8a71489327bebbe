//===- FormBuilder.h - Describes the operands of a form ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_WARP_FORMBUILDER_H
#define RUNTIME_CUSIM_WARP_FORMBUILDER_H

#include "runtime/cusim/warp/Collective.h"

#include <string>

namespace weft::cusim {

/// Walks over an instruction's operands and says how each travels; what does
/// not fit becomes the error that finish() returns.
///
///   FormBuilder builder(instruction, "cusim_vote", cusim_vote);
///   builder.result(1);
///   builder.operand(1);
///   builder.members();
///   return builder.finish();
class FormBuilder {
public:
  FormBuilder(const ptx::Instruction &instruction, const char *symbol,
              CollectiveFunction function);

  /// A result of `words` 32-bit words, or a vector of `count` such.
  void result(unsigned words, unsigned count = 0, bool isAlsoRead = false);
  /// An operand of `words` 32-bit words, or a vector of `count` such.
  void operand(unsigned words, unsigned count = 0);
  /// An address (in brackets, or a register that holds one) in `space`.
  void address(ptx::Space space);
  /// `[map, {coordinates}]`; returns how many coordinates there are.
  unsigned tensorAddress();
  /// The membermask.
  void members();
  /// An operand that has no effect here: a hint.
  void skip();
  /// An integer that the instruction fixes: returned, not passed.
  uint64_t constant();
  /// Whether operands are left.
  bool hasMore() const;

  void setImmediate(uint64_t immediate) { form.immediate = immediate; }
  /// Lanes act by themselves.
  void setLanewise() { form.meetsLanes = false; }
  void fail(std::string message);

  StatusOr<CollectiveForm> finish();

private:
  const ptx::Instruction &instruction;
  CollectiveForm form;
  std::optional<std::string> failure;

  /// The next operand, or nullptr with an error.
  const ptx::Operand *next();
  /// Checks its shape; the number of its elements.
  unsigned elementsOf(const ptx::Operand &operand, unsigned count);
};

/// "shfl.sync.bad: ...": an error about an instruction.
Status formError(const ptx::Instruction &instruction,
                 const std::string &message);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_WARP_FORMBUILDER_H
