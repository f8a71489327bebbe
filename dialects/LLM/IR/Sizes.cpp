//===- Sizes.cpp - What ops say of their sizes and costs ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Sizes.h"

namespace weft {

static std::string factorName(unsigned factor) {
  return factor < 26 ? std::string(1, char('a' + factor))
                     : "{" + std::to_string(factor) + "}";
}

static std::string str(const ShardingRule::Dimensions &dimensions) {
  std::string text;
  for (const ShardingRule::Dimension &dimension : dimensions) {
    if (dimension.empty()) {
      text += "_";
      continue;
    }
    std::string factors;
    for (unsigned factor : dimension)
      factors += factorName(factor);
    text += dimension.size() == 1 ? factors : "(" + factors + ")";
  }
  return text;
}

std::string ShardingRule::str() const {
  std::string text;
  for (size_t i = 0; i < operands.size(); ++i)
    text += (i ? "," : "") + weft::str(operands[i]);
  return text + "->" + weft::str(result);
}

} // namespace weft
