//===- ProductCase.h - Linear ops to test on a GPU --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_CUDA_PRODUCTCASE_H
#define TEST_LIB_CODEGEN_CUDA_PRODUCTCASE_H

#include "test/lib/Codegen/CPU/BlockLinearCase.h"
#include "test/lib/Codegen/Common/KernelCheck.h"

namespace weft {

/// A function (input, weight, bias or residual) of rows that are s0.
struct ProductCase {
  int64_t columns, depth;
  std::string weight = "f32", input = "f32";
  /// A format of blocks, instead of `weight`.
  std::string block = {};
  bool bias = false;
  /// "exp", or none.
  std::string prologue = {};
  /// "gelu", "add" of a residual, or none.
  std::string epilogue = {};

  std::string name() const {
    return "linear_" + std::to_string(columns) + "_" + std::to_string(depth) +
           "_" + (block.empty() ? weight : block) + "_" + input + prologue +
           epilogue + (bias ? "_bias" : "");
  }
  std::string text() const {
    std::string n = std::to_string(columns), k = std::to_string(depth);
    std::string x = "tensor<?x" + k + "x" + input + ">";
    std::string y = "tensor<?x" + n + "x" + input + ">";
    std::string b = "tensor<" + n + "x" + input + ">";
    std::string w = "tensor<" + n + "x" + k + "x" +
                    (block.empty() ? weight : "!llm.block<" + block + ", 16>") +
                    ">";
    std::string text = "func.func @" + name() + "(%x: " + x +
                       sizes("s0, " + k) + ", %w: " + w + sizes(n + ", " + k) +
                       ", %b: " + b + sizes(n) + ", %r: " + y +
                       sizes("s0, " + n) + ") -> " + y + " {\n";
    if (!prologue.empty())
      text += "  %p = llm." + prologue + " %x : " + x + "\n";
    text += "  %y = llm.linear " + std::string(prologue.empty() ? "%x" : "%p") +
            ", %w " + (bias ? "bias %b " : "") + ": " + x + ", " + w +
            (bias ? ", " + b : "") + " -> " + y + "\n";
    if (epilogue == "gelu")
      text += "  %z = llm.gelu %y approximate none : " + y + "\n";
    if (epilogue == "add")
      text += "  %z = llm.add %y, %r : " + y + ", " + y + " -> " + y + "\n";
    return text + "  return " + (epilogue.empty() ? "%y" : "%z") + " : " + y +
           "\n}\n";
  }

  /// Random ones, where the weight is in blocks.
  std::vector<HostTensor> blockArguments(KernelRunner &runner,
                                         int64_t rows) const {
    std::vector<HostTensor> arguments = runner.makeArguments({rows});
    std::mt19937 random(rows);
    std::normal_distribution<double> normal;
    for (int i : {0, 3})
      for (double &number : arguments[i].floats())
        number = float(normal(random));
    arguments[1].setStoredBytes(
        randomPackedBlocks(*blockFormatNamed(block), columns, depth, 7));
    return arguments;
  }

private:
  static std::string sizes(const std::string &list) {
    return " {llm.sizes = #llm.sizes<[" + list + "]>}";
  }
};

/// The difference's norm over that of what is expected; a NaN is not less than
/// anything.
inline double relativeError(const HostTensor &result,
                            const HostTensor &expected) {
  double error = 0, norm = 0;
  for (auto [x, y] : llvm::zip_equal(result.floats(), expected.floats())) {
    error += (x - y) * (x - y);
    norm += y * y;
  }
  return std::sqrt(error / norm);
}

} // namespace weft

#endif // TEST_LIB_CODEGEN_CUDA_PRODUCTCASE_H
