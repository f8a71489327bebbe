//===- HotKernels.cpp - Kernels that a model's time goes into -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CUDA/HotKernels.h"

#include "lib/Codegen/CUDA/TileShape.h"
#include "test/lib/Codegen/CUDA/ProductCase.h"
#include "test/lib/Codegen/Common/AttentionCase.h"
#include "test/lib/Codegen/Common/PagedCase.h"

#include <regex>

using namespace weft;

static int64_t bytesOf(llvm::StringRef type) { return type == "f32" ? 4 : 2; }

/// `text` with its function called `name`.
static std::string renamed(const std::string &text, const std::string &name) {
  size_t at = text.find('@');
  return text.substr(0, at + 1) + name + text.substr(text.find('(', at));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// What a weight's row takes.
static int64_t rowBytes(const ProductCase &product) {
  if (product.block.empty())
    return product.depth * bytesOf(product.weight);
  const BlockFormatInfo &info = infoOf(*blockFormatNamed(product.block));
  return product.depth / info.elements * info.bytes;
}

/// Each block reads its rows and columns once. A word of q4_k holds quants of
/// two tiles' terms, each of which reads it.
static HotKernel tiles(const std::string &name, const ProductCase &product,
                       int64_t rows) {
  bool isCopied = product.input != "f32";
  cuda::TileInputs inputs = isCopied ? cuda::TileInputs::AsyncHalves
                            : product.block.empty() && product.weight == "f32"
                                ? cuda::TileInputs::Floats
                                : cuda::TileInputs::Halves;
  // Up to 16 rows have a kernel of their own.
  SizeExpr expected = rows <= 16 ? SizeExpr(16) : SizeExpr::symbol("s0");
  cuda::TileShape shape =
      cuda::chooseTile(80, inputs, expected, product.columns, product.depth)
          .shape;
  int64_t input = product.depth * bytesOf(product.input);
  int64_t again = product.block == "q4_k" ? product.depth / 2 : 0;
  int64_t blocks = llvm::divideCeil(rows, shape.rows) *
                   llvm::divideCeil(product.columns, shape.columns);
  return {name,
          renamed(product.text(), name),
          {rows},
          blocks * (shape.rows * input +
                    shape.columns * (rowBytes(product) + again)),
          rows * product.columns * bytesOf(product.input)};
}

/// Weights are read once, and the row once by `readers`.
static HotKernel fewRows(const std::string &name, const ProductCase &product,
                         int64_t readers) {
  return {name,
          renamed(product.text(), name),
          {1},
          product.columns * rowBytes(product) +
              readers * product.depth * bytesOf(product.input),
          product.columns * bytesOf(product.input)};
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

static std::vector<HostTensor> pagedArguments(KernelRunner &runner,
                                              const PagedTables &tables) {
  std::vector<HostTensor> arguments = runner.makeArguments(tables.sizes);
  tables.fill(llvm::MutableArrayRef(arguments).drop_front(
      arguments.size() == 5 ? 2 : 3));
  return arguments;
}

static HotKernel paged(const std::string &name, PagedCase shape,
                       PagedSequence sequence) {
  shape.blocks = sequence.length / shape.block;
  PagedTables tables(std::vector{sequence}, shape);
  // Tiles of 64 rows, or one token of up to 8 heads.
  int64_t share = shape.heads / shape.groups;
  int64_t tokens = sequence.tokens == 1 ? 1 : 64 / share;
  int64_t keyBytes = (shape.depth + shape.width) * bytesOf(shape.pool);
  // Each part has its query and, behind its elements, a logarithm.
  int64_t parts =
      shape.span ? llvm::divideCeil(sequence.length, shape.span) : 1;
  int64_t resultSize = shape.width + (shape.span ? 1 : 0);
  int64_t loads = 0;
  for (int64_t first = 0; first < sequence.tokens; first += tokens) {
    int64_t seen = sequence.length - sequence.tokens + first + tokens;
    int64_t blocks = llvm::divideCeil(seen, shape.block);
    loads += shape.groups * (parts * tokens * share * shape.depth * 4 +
                             blocks * shape.block * keyBytes);
  }
  return {name,
          renamed(shape.attention(), name),
          tables.sizes,
          loads,
          parts * sequence.tokens * shape.heads * resultSize * 4,
          [=](KernelRunner &runner) { return pagedArguments(runner, tables); }};
}

/// Each block of 32 rows of a head, or of 64 where they are of 16 bits, reads
/// all of its keys and values.
static HotKernel encoder(const std::string &name, AttentionCase shape,
                         int64_t batch, int64_t rows) {
  int64_t bytes = bytesOf(shape.type), tile = bytes == 4 ? 32 : 64;
  int64_t blocks = batch * shape.heads * llvm::divideCeil(rows, tile);
  return {name,
          renamed(shape.text(), name),
          {batch, rows, rows},
          blocks * (tile * shape.depth + rows * (shape.depth + shape.width)) *
              bytes,
          batch * rows * shape.heads * shape.width * bytes};
}

static HotKernel writeCache(const std::string &name, bool transposed,
                            int64_t tokens) {
  PagedCase shape{.groups = 4, .depth = 64, .blocks = tokens / 64};
  PagedTables tables(std::vector<PagedSequence>{{tokens, tokens}}, shape);
  int64_t elements = tokens * shape.groups * shape.depth;
  // For each access of a warp, sectors with its positions and blocks.
  int64_t places = elements * 4 / 512 * 2 * 32;
  return {name,
          renamed(shape.write(transposed), name),
          tables.sizes,
          elements * 4 + places,
          elements * 2,
          [=](KernelRunner &runner) { return pagedArguments(runner, tables); }};
}

//===----------------------------------------------------------------------===//
// Rows and elements
//===----------------------------------------------------------------------===//

/// A function of s0 rows of `columns` elements of TYPE (X), a row of them (S)
/// and 32000 rows (T), whose body gives %y.
static HotKernel rows(const std::string &name, const std::string &type,
                      int64_t columns, const std::string &arguments,
                      const std::string &body, int64_t inputs, int64_t count) {
  std::string c = std::to_string(columns);
  std::string text = "func.func @" + name + "(" + arguments + ") -> X {\n  " +
                     body + "\n  return %y : X\n}\n";
  auto replace = [&](const char *from, const std::string &to) {
    text = std::regex_replace(text, std::regex(from), to);
  };
  replace("X!", "X {llm.sizes = #llm.sizes<[s0, " + c + "]>}");
  replace("S!", "S {llm.sizes = #llm.sizes<[" + c + "]>}");
  replace("I!", "I {llm.sizes = #llm.sizes<[s0]>}");
  replace("T!", "T {llm.sizes = #llm.sizes<[512, " + c + "]>}");
  replace("\\bX\\b", "tensor<?x" + c + "x" + type + ">");
  replace("\\bS\\b", "tensor<" + c + "x" + type + ">");
  replace("\\bI\\b", "tensor<?xi32>");
  replace("\\bT\\b", "tensor<512x" + c + "x" + type + ">");
  int64_t bytes = count * columns * bytesOf(type);
  return {name, text, {count}, inputs * bytes, bytes};
}

static void addRows(std::vector<HotKernel> &kernels, const std::string &type,
                    int64_t columns) {
  std::string end = "_" + type + "_" + std::to_string(columns);
  int64_t count = (1 << 20) / columns / bytesOf(type);
  auto add = [&](const char *name, const char *arguments, const char *body,
                 int64_t inputs) {
    kernels.push_back(
        rows(name + end, type, columns, arguments, body, inputs, count));
  };
  // Each row's team reads the row of scales and the one of biases too.
  add("rms_norm", "%x: X!, %s: S!",
      "%y = llm.rms_norm %x, %s epsilon 1.0e-5 : X, S", 2);
  add("add_layer_norm", "%x: X!, %r: X!, %s: S!, %b: S!",
      "%a = llm.add %x, %r : X, X -> X\n"
      "  %y = llm.layer_norm %a, %s bias %b epsilon 1.0e-5 : X, S, S",
      4);
  add("softmax", "%x: X!", "%y = llm.softmax %x axis 1 : X", 1);
}

std::vector<HotKernel> weft::hotKernels() {
  std::vector<HotKernel> kernels = {
      tiles("tiles_f16",
            {.columns = 1024, .depth = 512, .weight = "f16", .input = "f16"},
            256),
      tiles("tiles_bf16",
            {.columns = 1024, .depth = 512, .weight = "bf16", .input = "bf16"},
            256),
      tiles("tiles_f32_f16", {.columns = 1024, .depth = 512, .weight = "f16"},
            256),
      tiles("tiles_q4_1", {.columns = 2048, .depth = 1024, .block = "q4_1"},
            128),
      tiles("tiles_q4_k", {.columns = 2048, .depth = 1024, .block = "q4_k"},
            128),
      tiles("tiles_q8_0", {.columns = 1024, .depth = 1024, .block = "q8_0"},
            128),
      tiles("tiles_f32", {.columns = 512, .depth = 512}, 128),
      // Deep: of each group's terms a stage beyond the last is asked for.
      tiles("several_f16",
            {.columns = 512, .depth = 4096, .weight = "f16", .input = "f16"},
            16),
      tiles("several_q4_1", {.columns = 512, .depth = 4096, .block = "q4_1"},
            16),
      tiles("several_q8_0", {.columns = 512, .depth = 4096, .block = "q8_0"},
            16),
      fewRows("row_f16", {.columns = 1024, .depth = 512, .weight = "f16"},
              1024),
      fewRows("row_f16_f16",
              {.columns = 1024, .depth = 512, .weight = "f16", .input = "f16"},
              1024),
      fewRows("row_f32", {.columns = 512, .depth = 512}, 512),
      fewRows("row_q4_1", {.columns = 2048, .depth = 1024, .block = "q4_1"},
              128),
      fewRows("row_q4_k", {.columns = 2048, .depth = 1024, .block = "q4_k"},
              128),
      fewRows("row_q8_0", {.columns = 1024, .depth = 1024, .block = "q8_0"},
              64),
      fewRows("row_q2_k", {.columns = 4096, .depth = 1024, .block = "q2_k"},
              256),
      fewRows("row_mxfp4", {.columns = 2048, .depth = 1024, .block = "mxfp4"},
              128),
      paged("prompt_64", {.heads = 16, .groups = 4, .depth = 64, .width = 64},
            {32, 2048}),
      paged("prompt_128", {.heads = 8, .groups = 2, .depth = 128, .width = 128},
            {32, 2048}),
      paged("decode_64", {.heads = 16, .groups = 4, .depth = 64, .width = 64},
            {1, 2048}),
      paged("decode_128", {.heads = 8, .groups = 2, .depth = 128, .width = 128},
            {1, 2048}),
      encoder("encoder_32", {.heads = 8, .groups = 8}, 8, 128),
      encoder("encoder_64", {.heads = 8, .groups = 8, .depth = 64, .width = 64},
              4, 128),
      encoder(
          "encoder_f16_64",
          {.heads = 8, .groups = 8, .depth = 64, .width = 64, .type = "f16"}, 8,
          128),
      writeCache("write_keys", /*transposed=*/true, 1024),
      writeCache("write_values", /*transposed=*/false, 1024),
  };
  addRows(kernels, "f32", 512);
  addRows(kernels, "f16", 1024);
  addRows(kernels, "f32", 2048);
  kernels.push_back(rows("add_gelu_f32", "f32", 1024, "%x: X!, %b: S!",
                         "%a = llm.add %x, %b : X, S -> X\n"
                         "  %y = llm.gelu %a approximate none : X",
                         2, 256));
  kernels.push_back(rows("swiglu_f16", "f16", 1024, "%x: X!, %r: X!",
                         "%y = llm.swiglu %x, %r : X, X -> X", 2, 512));
  kernels.push_back(rows("embedding_f16", "f16", 1024, "%i: I!, %t: T!",
                         "%y = llm.embedding %i, %t : I, T -> X", 1, 512));
  // Those that compile fast, one of each kind.
  for (HotKernel &each : kernels)
    each.isQuick = llvm::is_contained(
        {"several_f16", "row_f16", "row_q4_1", "encoder_32", "write_keys",
         "write_values", "rms_norm_f16_1024", "add_layer_norm_f32_512",
         "softmax_f32_2048", "add_gelu_f32", "swiglu_f16", "embedding_f16"},
        each.name);
  return kernels;
}
