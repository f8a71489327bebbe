//===- PinnedKernels.cpp - Kernels whose registers are held ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CUDA/PinnedKernels.h"

#include "test/lib/Codegen/CUDA/ProductCase.h"
#include "test/lib/Codegen/Common/AttentionCase.h"
#include "test/lib/Codegen/Common/PagedCase.h"

using namespace weft;

static std::string renamed(std::string text, const std::string &name) {
  size_t at = text.find('@') + 1;
  return text.replace(at, text.find('(', at) - at, name);
}

/// s0 rows, their sizes, a row and its sizes, in place of X, XS, S and SS.
static std::string ofRows(std::string text, const std::string &columns,
                          const std::string &type) {
  std::pair<const char *, std::string> words[] = {
      {"$X!", "tensor<?x" + columns + "x" + type +
                  "> {llm.sizes = #llm.sizes<[s0, " + columns + "]>}"},
      {"$S!", "tensor<" + columns + "x" + type + "> {llm.sizes = #llm.sizes<[" +
                  columns + "]>}"},
      {"$X", "tensor<?x" + columns + "x" + type + ">"},
      {"$S", "tensor<" + columns + "x" + type + ">"}};
  for (auto &[from, to] : words)
    for (size_t at; (at = text.find(from)) != std::string::npos;)
      text.replace(at, llvm::StringRef(from).size(), to);
  return text;
}

std::vector<PinnedKernel> weft::pinnedKernels() {
  std::vector<PinnedKernel> kernels;
  auto add = [&](const std::string &what, const std::string &name,
                 const std::string &text, int registers, int sharedBytes) {
    kernels.push_back(
        {what, name, renamed(text, name), registers, sharedBytes});
  };
  add("bias and gelu, f16", "add_gelu",
      ofRows("func.func @f(%x: $X!, %b: $S!) -> $X {\n"
             "  %a = llm.add %x, %b : $X, $S -> $X\n"
             "  %y = llm.gelu %a approximate tanh : $X\n  return %y : $X\n}",
             "1024", "f16"),
      32, 0);
  add("rms_norm, f16, rows of 2048", "rms_norm",
      ofRows("func.func @f(%x: $X!, %s: $S!) -> $X {\n"
             "  %y = llm.rms_norm %x, %s epsilon 1.0e-5 : $X, $S\n"
             "  return %y : $X\n}",
             "2048", "f16"),
      32, 128);
  add("layer_norm of a sum, f32, rows of 2048", "add_layer_norm",
      ofRows(
          "func.func @f(%x: $X!, %r: $X!, %s: $S!, %b: $S!) -> $X {\n"
          "  %a = llm.add %x, %r : $X, $X -> $X\n"
          "  %y = llm.layer_norm %a, %s bias %b epsilon 1.0e-5 : $X, $S, $S\n"
          "  return %y : $X\n}",
          "2048", "f32"),
      32, 128);
  add("softmax, f16, rows of 2048", "softmax",
      ofRows("func.func @f(%x: $X!) -> $X {\n"
             "  %y = llm.softmax %x axis 1 : $X\n  return %y : $X\n}",
             "2048", "f16"),
      32, 128);
  auto product = [&](const std::string &what, const ProductCase &shape,
                     int registers, int sharedBytes) {
    add(what, shape.name(), shape.text(), registers, sharedBytes);
  };
  // Its other kernels, for fewer rows.
  auto several = [&](const std::string &what, const ProductCase &shape,
                     int registers, int sharedBytes) {
    kernels.push_back(
        {what, shape.name() + "_several", "", registers, sharedBytes});
  };
  auto few = [&](const std::string &what, const ProductCase &shape,
                 int registers, int sharedBytes) {
    kernels.push_back(
        {what, shape.name() + "_few", "", registers, sharedBytes});
  };
  product("product of f16, tile of 128 x 128",
          {.columns = 16384, .depth = 64, .weight = "f16", .input = "f16"}, 215,
          32768);
  product("the same with bias and gelu",
          {.columns = 16384,
           .depth = 64,
           .weight = "f16",
           .input = "f16",
           .bias = true,
           .epilogue = "gelu"},
          224, 32768);
  product("product of f16, tile of 64 x 64",
          {.columns = 64, .depth = 256, .weight = "f16", .input = "f16"}, 128,
          32768);
  product("product of f32 and f16, 128 x 64",
          {.columns = 16384, .depth = 64, .weight = "f16"}, 168, 32768);
  product("product of f32 and q4_1, 128 x 64, exp before",
          {.columns = 16384, .depth = 64, .block = "q4_1", .prologue = "exp"},
          168, 32768);
  product("product of f32 and q4_0, 64 x 64",
          {.columns = 64, .depth = 256, .block = "q4_0"}, 128, 16384);
  product("product of f32 and q4_k, 64 x 64, residual",
          {.columns = 64, .depth = 256, .block = "q4_k", .epilogue = "add"},
          128, 16384);
  product("product of f32 and q6_k, 64 x 64",
          {.columns = 64, .depth = 256, .block = "q6_k"}, 128, 16384);
  product("product of f32, 64 x 64", {.columns = 64, .depth = 64}, 128, 16384);
  several("several rows of f16",
          {.columns = 16384, .depth = 64, .weight = "f16", .input = "f16"}, 80,
          48 * 1024);
  several("several rows of f32 and q4_0",
          {.columns = 64, .depth = 256, .block = "q4_0"}, 80, 48 * 1024);
  several("several rows of f32 and q6_k",
          {.columns = 64, .depth = 256, .block = "q6_k"}, 80, 48 * 1024);
  few("few rows of f16",
      {.columns = 16384, .depth = 64, .weight = "f16", .input = "f16"}, 96, 0);
  few("few rows of f32 and q4_0",
      {.columns = 64, .depth = 256, .block = "q4_0"}, 64, 256);
  few("few rows of f32 and q6_k",
      {.columns = 64, .depth = 256, .block = "q6_k"}, 128, 256);
  for (int64_t size : {64, 80, 96, 128, 256})
    add("attention to an f16 cache, heads of " + std::to_string(size),
        "paged_" + std::to_string(size),
        PagedCase{.heads = 16, .groups = 4, .depth = size, .width = size}
            .attention(),
        231, 64 * 1024);
  add("attention to a bf16 cache, heads of 128", "paged_bf16",
      PagedCase{
          .heads = 16, .groups = 4, .depth = 128, .width = 128, .pool = "bf16"}
          .attention(),
      231, 64 * 1024);
  for (int64_t size : {64, 96, 128})
    add("attention to an f32 cache, heads of " + std::to_string(size),
        "paged_f32_" + std::to_string(size),
        PagedCase{.heads = 16,
                  .groups = 4,
                  .depth = size,
                  .width = size,
                  .pool = "f32"}
            .attention(),
        240, 96 * 1024);
  PagedCase parts{
      .heads = 16, .groups = 4, .depth = 128, .width = 128, .span = 256};
  add("the same to an f16 cache in parts", "paged_parts", parts.attention(),
      240, 64 * 1024);
  add("merge of parts, heads of 128", "merge", parts.merge(), 64, 0);
  for (int64_t size : {64, 128})
    add("attention of encoders, f16, heads of " + std::to_string(size),
        "encoder_f16_" + std::to_string(size),
        AttentionCase{.depth = size,
                      .width = size,
                      .mask = {"s0", "1", "1", "s2"},
                      .type = "f16"}
            .text(),
        255, 64 * 1024);
  for (int64_t size : {32, 64, 128})
    add("attention of encoders, heads of " + std::to_string(size),
        "encoder_" + std::to_string(size),
        AttentionCase{
            .depth = size, .width = size, .mask = {"s0", "1", "1", "s2"}}
            .text(),
        168, 96 * 1024);
  add("cache write, transposed", "write_keys",
      PagedCase{.groups = 4, .depth = 64}.write(/*transposed=*/true), 64,
      16 * 1024);
  return kernels;
}
