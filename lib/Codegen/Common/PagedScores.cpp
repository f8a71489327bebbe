//===- PagedScores.cpp - Scores of paged attention as powers of 2 ---------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/PagedScores.h"

#include "lib/Codegen/Common/VectorMath.h"

#include <numbers>

using namespace mlir;

namespace weft {

double queryFactor(PagedAttention op) {
  return op.getScale() * (op.getSoftCap() ? 1 : std::numbers::log2e);
}

Value cappedScore(CodeBuilder &code, PagedAttention op, Value product) {
  if (!op.getSoftCap())
    return product;
  double cap = op.getSoftCap()->convertToDouble();
  Value inside = code.mulf(product, code.number(product.getType(), 1 / cap));
  return code.mulf(VectorMath(code).tanh(inside),
                   code.number(product.getType(), cap * std::numbers::log2e));
}

} // namespace weft
