//===- AttentionCase.h - The text of an attention kernel --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_COMMON_ATTENTIONCASE_H
#define TEST_LIB_CODEGEN_COMMON_ATTENTIONCASE_H

#include "test/lib/Codegen/Common/KernelRunner.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace weft {

/// Attention over s0 sequences of s1 rows and s2 keys.
struct AttentionCase {
  int64_t heads = 4, groups = 4, depth = 32, width = 32;
  /// Sizes of the mask; empty: none.
  std::vector<std::string> mask = {};
  bool causal = false;
  double scale = 0.25;
  std::string type = "f32";

  std::string text() const {
    auto sized = [&](std::vector<std::string> sizes) {
      std::string text = "tensor<";
      for (const std::string &size : sizes)
        text += (size[0] == 's' ? "?" : size) + "x";
      return std::pair(text + type + ">", "{llm.sizes = #llm.sizes<[" +
                                              llvm::join(sizes, ", ") + "]>}");
    };
    auto number = [](int64_t value) { return std::to_string(value); };
    auto [query, querySizes] =
        sized({"s0", "s1", number(heads), number(depth)});
    auto [key, keySizes] = sized({"s0", "s2", number(groups), number(depth)});
    auto [value, valueSizes] =
        sized({"s0", "s2", number(groups), number(width)});
    auto [result, resultSizes] =
        sized({"s0", "s1", number(heads), number(width)});
    auto [masks, maskSizes] = sized(mask);
    bool masked = !mask.empty();
    return llvm::formatv(
        "func.func @attention(%q: {0} {1}, %k: {2} {3}, %v: {4} {5}{6}) -> {7} "
        "{{\n  %y = llm.attention %q, %k, %v {8} {9} scale {10:e8} : {0}, {2}, "
        "{4}{11} -> {7}\n  return %y : {7}\n}",
        query, querySizes, key, keySizes, value, valueSizes,
        masked ? ", %m: " + masks + " " + maskSizes : "", result,
        masked ? "mask %m" : "", causal ? "causal" : "", scale,
        masked ? ", " + masks : "");
  }
};

} // namespace weft

#endif // TEST_LIB_CODEGEN_COMMON_ATTENTIONCASE_H
