//===- Sweep.h - Instructions against their models --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_INSTRUCTIONS_SWEEP_H
#define TEST_RUNTIME_CUSIM_INSTRUCTIONS_SWEEP_H

#include "Harness.h"
#include "HostFloat.h"

#include <functional>

namespace weft::cusim::test {

/// What the results must be; a pattern for each operand and for each result.
using Model = std::function<void(const uint64_t *inputs, uint64_t *outputs)>;
/// Whether the results may be these.
using Judge =
    std::function<bool(const uint64_t *inputs, const uint64_t *outputs)>;

struct Case {
  Subject subject;
  Model model;
  /// For approximate functions, instead of a model.
  Judge judge = nullptr;
  /// Where every NaN of this format is right when one is expected.
  const Format *nanFormat = nullptr;
};

/// A case of one result by a function of the operands.
Case exactly(std::string text, unsigned operands,
             std::function<uint64_t(const uint64_t *)> model);

/// Values at which something may go wrong, for operands of a type.
std::vector<uint64_t> edgeValues(ptx::Type type);

/// Runs all cases at both widths: edge values of the operands crossed, then
/// random ones; operands of up to 16 bits that stand alone in full. Prints the
/// seed with the first deviations.
void sweep(const std::vector<Case> &cases);

} // namespace weft::cusim::test

#endif // TEST_RUNTIME_CUSIM_INSTRUCTIONS_SWEEP_H
