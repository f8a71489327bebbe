//===- Compiler.h - Compile a model ----------------------------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef WEFT_COMPILER_H
#define WEFT_COMPILER_H

#include "weft/Status.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft {

struct CompileOptions {
  /// The artifact's folder, NAME.weft. One that exists is replaced when it
  /// holds an artifact. Ignored when there is none to write (see below).
  std::string output;
  /// "cpu" or "cuda".
  std::string target = "cpu";
  /// CPU: "host", "x86-64", "x86-64-v3" (AVX2) or "x86-64-v4" (AVX-512), the
  /// last two perhaps with features, as in "x86-64-v4+avx512vnni+amx-bf16".
  /// CUDA: "sm_80", or several with commas between. Empty: "host", "sm_80".
  std::string arch;
  /// CUDA: whether cubins are beside the PTX: "auto" (where ptxas is
  /// installed), "none" or "require".
  std::string cubin = "auto";
  /// CUDA: what computes plain products of matrices: "cublas" (cuBLASLt where
  /// it is installed, else kernels of the artifact) or "generated" (those
  /// kernels).
  std::string gemm = "cublas";
  /// What linear weights and embedding tables are held in: "keep" (as the model
  /// file does), "f32", "bf16" or "f16". Everything else is computed as the
  /// model says.
  std::string precision = "keep";
  /// Of language models. Greatest number of tokens of a sequence; 0: the
  /// model's own.
  uint64_t context = 0;
  /// Sequences, and tokens of all of them together, in one step; 0 tokens: 256
  /// on CPUs, which need no more to be busy and less memory, 512 on GPUs.
  uint64_t maxSequences = 8, maxTokens = 0;
  /// What the cache of keys and values is held in: "f16", "f32" or, for heads
  /// of a multiple of 32 elements, "q8_0".
  std::string cacheType = "f16";
  /// How products with weights in blocks round their inputs: "int8", in blocks
  /// of 32, as fast kernels of a CPU need it, or "f32", not at all. Empty:
  /// "int8" on a CPU, "f32" on a GPU.
  std::string activations;
  /// The devices, as axes and their numbers: "dp=2,tp=4". "tp" splits layers,
  /// "dp" the batch. Empty: one device.
  std::string mesh;
  /// More weights to split, "PATTERN=axis:dimension" with commas between; a
  /// pattern is a glob over names of weights.
  std::string shard;
  /// A page NAME.html that says how the model was split and why, and the same
  /// in NAME.json beside it; needs a mesh. Empty: none.
  std::string report;
  /// Compares the results of the program before and after each pass; a float
  /// may differ by this times (1 + |expected|). For the pass that lowers the
  /// precision of weights it may be more, and the report says how much it was.
  std::optional<double> verifyTolerance;
  /// Ends after the phase of this name (see `getPhaseNames`); the report's text
  /// is the IR.
  std::string stopAfter;
  /// A folder that receives the IR after each phase, as `2-simplify.mlir`.
  std::string savePhases;
  /// Neither compiles kernels nor reads weights; the report's text is the plan.
  bool planOnly = false;
  /// Bytes of weights that are in memory at once.
  uint64_t memoryBudget = uint64_t(2) << 30;
  /// Called at the start of each phase.
  std::function<void(std::string_view phase)> onPhase;
};

struct CompileReport {
  uint64_t kernels = 0;
  uint64_t launches = 0;
  /// Products that a matrix library computes where there is one.
  uint64_t gemms = 0;
  uint64_t weights = 0;
  uint64_t weightBytes = 0;
  uint64_t codeBytes = 0;
  /// Seconds of each phase, in their order.
  std::vector<std::pair<std::string, double>> phases;
  /// Sentences: with `verifyTolerance`, how far a lower precision moved
  /// results.
  std::vector<std::string> remarks;
  /// What the caller may not have meant, a sentence each.
  std::vector<std::string> warnings;
  /// With a mesh: how the model was split, in three lines.
  std::string partition;
  /// See `stopAfter` and `planOnly`.
  std::string text;
};

/// "import", "simplify", ...: the phases in their order.
std::vector<std::string> getPhaseNames();

/// Compiles the model at `path`: NAME.onnx, or a module of the llm dialect in
/// NAME.mlir or NAME.mlirbc. A failure is one sentence.
StatusOr<CompileReport> compile(const std::string &path,
                                const CompileOptions &options);

} // namespace weft

#endif // WEFT_COMPILER_H
