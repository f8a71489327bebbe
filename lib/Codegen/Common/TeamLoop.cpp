//===- TeamLoop.cpp - Loops whose turns a team shares ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/TeamLoop.h"

using namespace mlir;

namespace weft {

/// Elements of a thread that find room in its registers.
static constexpr int64_t mostElements = 32;

CodeBuilder::Values
loopInTeam(CodeBuilder &code, const SizeExpr &size, int64_t step,
           ValueRange carried,
           function_ref<CodeBuilder::Values(Value, Value, ValueRange)> body) {
  CodeBuilder::Team team = *code.team();
  int64_t together = team.size * step;
  Value first = code.mul(team.rank, code.constant(step));
  std::optional<int64_t> known = size.asConstant();
  if (!known || *known % step != 0 ||
      llvm::divideCeil(*known, together) * step > mostElements)
    return code.loop(
        first, code.size(size), together, carried,
        [&](Value i, ValueRange values) { return body(i, Value(), values); });
  CodeBuilder::Values values(carried);
  for (int64_t start = 0; start < *known; start += together) {
    Value i = code.add(first, code.constant(start)), isInside;
    if (start + together > *known) {
      isInside =
          code.compare(arith::CmpIPredicate::slt, i, code.constant(*known));
      i = code.minimum(i, code.constant(*known - step));
    }
    values = body(i, isInside, values);
  }
  return values;
}

void ifInside(CodeBuilder &code, Value isInside, function_ref<void()> body) {
  if (isInside)
    code.branch(isInside, body);
  else
    body();
}

} // namespace weft
