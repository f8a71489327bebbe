//===- BlockLinearCase.h - Linear ops with quantized weights ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_CPU_BLOCKLINEARCASE_H
#define TEST_LIB_CODEGEN_CPU_BLOCKLINEARCASE_H

#include "test/lib/Codegen/Common/KernelRunner.h"

#include "dialects/LLM/IR/BlockLayout.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"
#include <random>

namespace weft {

struct BlockLinearCase {
  std::string format;
  int64_t columns, depth;
  std::string activations = "activations q8";
  std::string input = "f32";

  std::string name() const {
    return format + "_" + std::to_string(columns) + "_" +
           std::to_string(depth) + "_" + input +
           (activations.empty() ? "_widened" : "");
  }
  /// A function (input, weight, residual) with an epilogue.
  std::string text() const {
    std::string n = std::to_string(columns), k = std::to_string(depth);
    std::string x = "tensor<?x" + k + "x" + input + ">",
                xf = "tensor<?x" + k + "xf32>", y = "tensor<?x" + n + "xf32>";
    std::string w =
        "tensor<" + n + "x" + k + "x!llm.block<" + format + ", 16>>";
    return "func.func @" + name() + "(%x: " + x +
           " {llm.sizes = #llm.sizes<[s0, " + k + "]>}, %w: " + w +
           " {llm.sizes = #llm.sizes<[" + n + ", " + k + "]>}, %r: " + y +
           " {llm.sizes = #llm.sizes<[s0, " + n + "]>}) -> " + y + " {\n" +
           (input == "f32" ? ""
                           : "  %f = llm.cast %x : " + x + " -> " + xf + "\n") +
           "  %y = llm.linear " + (input == "f32" ? "%x" : "%f") + ", %w " +
           activations + " : " + xf + ", " + w + " -> " + y +
           "\n  %z = llm.add %y, %r : " + y + ", " + y + " -> " + y +
           "\n  return %z : " + y + "\n}\n";
  }
};

/// Random bytes, with scales of an ordinary size.
inline std::vector<uint8_t> randomPackedBlocks(BlockFormat format, int64_t rows,
                                               int64_t depth, unsigned seed) {
  const BlockFormatInfo &info = infoOf(format);
  int64_t blocks = depth / info.elements;
  int64_t panels = llvm::divideCeil(uint64_t(rows), 16);
  std::vector<uint8_t> bytes(panels * 16 * blocks * info.bytes);
  std::mt19937 random(seed);
  for (uint8_t &byte : bytes)
    byte = random();
  int64_t scaleBytes = planesOf(format)[0].bytes * 16 * blocks;
  for (int64_t panel = 0; panel < panels; ++panel) {
    uint8_t *scales = bytes.data() + panel * 16 * blocks * info.bytes;
    if (format == BlockFormat::MXFP4)
      for (int64_t i = 0; i < scaleBytes; ++i)
        scales[i] = 118 + random() % 8;
    else // f16 of either sign, 2^-7 to 2^-5.
      for (int64_t i = 0; i < scaleBytes; i += 2)
        scales[i + 1] = (random() % 2) * 0x80 + 0x20 + random() % 8;
  }
  return bytes;
}

} // namespace weft

#endif // TEST_LIB_CODEGEN_CPU_BLOCKLINEARCASE_H
