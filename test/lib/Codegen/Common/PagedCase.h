//===- PagedCase.h - The text and tables of paged kernels -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_COMMON_PAGEDCASE_H
#define TEST_LIB_CODEGEN_COMMON_PAGEDCASE_H

#include "test/lib/Codegen/Common/KernelCheck.h"

#include "llvm/Support/FormatVariadic.h"
#include <random>

namespace weft {

/// A sequence of a step: its tokens and the length of its cache with them.
struct PagedSequence {
  int64_t tokens, length;
};

/// Kernels of s0 tokens, s1 sequences and tables of s2 blocks.
struct PagedCase {
  int64_t heads = 6, groups = 2, depth = 32, width = 32;
  std::string pool = "f16";
  int64_t block = 64, blocks = 40;
  int64_t window = 0;
  double softCap = 0;
  bool narrow = false;
  /// Positions of a part; 0: attention is whole.
  int64_t span = 0;

  static std::string sized(const std::string &name, const std::string &type,
                           const std::string &sizes) {
    return "%" + name + ": " + type + " {llm.sizes = #llm.sizes<[" + sizes +
           "]>}";
  }
  static std::string tables() {
    return sized("p", "tensor<?xi32>", "s0") + ", " +
           sized("s", "tensor<?xi32>", "s1 + 1") + ", " +
           sized("t", "tensor<?x?xi32>", "s1, s2");
  }
  std::string poolType(bool transposed, int64_t size) const {
    int64_t rows = transposed ? size : block;
    int64_t columns = transposed ? block : size;
    return llvm::formatv("{0}x{1}x{2}x{3}", blocks, groups, rows, columns);
  }
  static std::string withCommas(std::string shape) {
    for (size_t at; (at = shape.find('x')) != std::string::npos;)
      shape.replace(at, 1, ", ");
    return shape;
  }

  /// %q, %k, %v, %p, %s, %t, %l.
  std::string attention() const {
    std::string q = llvm::formatv("tensor<?x{0}x{1}xf32>", heads, depth);
    std::string y =
        llvm::formatv("tensor<?x{0}x{1}xf32>", heads, width + (span ? 1 : 0));
    std::string keys = poolType(true, depth), values = poolType(false, width);
    std::string k = "tensor<" + keys + "x" + pool + ">";
    std::string v = "tensor<" + values + "x" + pool + ">";
    std::string text =
        std::string("func.func @") + (span ? "parts(" : "attention(");
    text += sized("q", q, llvm::formatv("s0, {0}, {1}", heads, depth)) + ", " +
            sized("k", k, withCommas(keys)) + ", " +
            sized("v", v, withCommas(values)) + ", " + tables() + ", " +
            sized("l", "tensor<?xi32>", "s1") + ") -> " + y;
    text += std::string(" {\n  %y = llm.paged_attention") +
            (span ? "_parts" : "") +
            " %q, %k, %v positions %p sequences %s lengths %l blocks %t scale "
            "0.25";
    if (window)
      text += " window " + std::to_string(window);
    if (softCap)
      text += llvm::formatv(" soft_cap {0:e8}", softCap);
    if (span)
      text += " span " + std::to_string(span);
    if (narrow)
      text += " {llm.narrow}";
    return text + " : " + q + ", " + k + ", " + v +
           ", tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> "
           "-> " +
           y + "\n  return %y : " + y + "\n}";
  }

  /// %y, %p, %s: parts of tables with s2 blocks.
  std::string merge() const {
    std::string parts =
        llvm::formatv("tensor<?x{0}x{1}xf32>", heads, width + 1);
    std::string y = llvm::formatv("tensor<?x{0}x{1}xf32>", heads, width);
    std::string rows = llvm::formatv(
        "s0 + s1 * (max(ceildiv({0} * s2, {1}), 1) - 1), {2}, {3}", block, span,
        heads, width + 1);
    return "func.func @merge(" + sized("y", parts, rows) + ", " +
           sized("p", "tensor<?xi32>", "s0") + ", " +
           sized("s", "tensor<?xi32>", "s1 + 1") + ") -> " + y +
           " {\n  %z = llm.merge_attention %y positions %p sequences %s : " +
           parts + ", tensor<?xi32>, tensor<?xi32> -> " + y +
           "\n  return %z : " + y + "\n}";
  }

  /// %x, %k, %p, %s, %t.
  std::string write(bool transposed) const {
    std::string x = llvm::formatv("tensor<?x{0}x{1}xf32>", groups, depth);
    std::string shape = poolType(transposed, depth);
    std::string k = "tensor<" + shape + "x" + pool + ">";
    return "func.func @write(" +
           sized("x", x, llvm::formatv("s0, {0}, {1}", groups, depth)) + ", " +
           sized("k", k, withCommas(shape)) + ", " + tables() + ") -> " + k +
           " {\n  %y = llm.write_cache %x, %k positions %p sequences %s blocks "
           "%t" +
           (transposed ? " transposed : " : " : ") + x + ", " + k +
           ", tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32>\n  return %y : " +
           k + "\n}";
  }
};

/// The values of %p, %s, %t and %l: each sequence's blocks are anywhere.
struct PagedTables {
  std::vector<int64_t> sizes, positions, starts, table, lengths;

  PagedTables(llvm::ArrayRef<PagedSequence> sequences, const PagedCase &shape,
              unsigned seed = 1) {
    std::vector<int64_t> order(shape.blocks);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937(seed));
    int64_t width = 1, next = 0;
    for (const PagedSequence &sequence : sequences)
      width =
          std::max(width, (sequence.length + shape.block - 1) / shape.block);
    starts = {0};
    for (const PagedSequence &sequence : sequences) {
      for (int64_t i = 0; i < sequence.tokens; ++i)
        positions.push_back(sequence.length - sequence.tokens + i);
      starts.push_back(positions.size());
      lengths.push_back(sequence.length);
      for (int64_t i = 0; i < width; ++i)
        table.push_back(order[next++ % order.size()]);
    }
    sizes = {int64_t(positions.size()), int64_t(sequences.size()), width};
  }

  /// Rows and pools of random numbers in [-range, range], and the tables.
  std::vector<HostTensor> makeArguments(KernelRunner &runner,
                                        double range = 1) const {
    std::vector<HostTensor> arguments = runner.makeArguments(sizes);
    auto isTable = [](const HostTensor &tensor) {
      return tensor.getElementType().isInteger();
    };
    auto firstTable = llvm::find_if(arguments, isTable);
    std::vector<HostTensor> floats(arguments.begin(), firstTable);
    weft::fill(floats, -range, range, 7);
    llvm::copy(floats, arguments.begin());
    llvm::MutableArrayRef<HostTensor> all(arguments);
    fill(all.drop_front(floats.size()).take_while(isTable));
    return arguments;
  }

  /// Puts them into the arguments of a kernel, of which the pools and rows come
  /// first.
  void fill(llvm::MutableArrayRef<HostTensor> arguments) const {
    const std::vector<int64_t> *order[] = {&positions, &starts, &table,
                                           &lengths};
    for (auto [tensor, numbers] : llvm::zip(arguments, order))
      llvm::copy(*numbers, tensor.integers().begin());
  }
};

} // namespace weft

#endif // TEST_LIB_CODEGEN_COMMON_PAGEDCASE_H
