//===- llm-compile.cpp - From a model to an artifact ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#define TOOL_OPTIONS "tools/llm-compile/Options.inc"
#include "tools/common/CommandLine.h"
#include "tools/common/Progress.h"
#include "weft/Compiler.h"

#include "llvm/Support/Format.h"

#include <cmath>

using namespace llvm;
using namespace llvm::opt;
using namespace weft;
using enum tool::OptionID;

static constexpr char examples[] = R"(
MODEL is one of
  NAME.gguf     a language model, its weights quantized or not
  FOLDER        of a Hugging Face model: config.json, *.safetensors,
                tokenizer.json
  NAME.onnx     an ONNX model; weights in other files may lie beside it
  NAME.mlir     a module of the llm dialect

Examples:
  llm-compile SmolLM2.gguf -o smollm2.weft     a language model for this machine
  llm-compile SmolLM2.gguf -o smollm2.weft --context=4096 --max-sequences=32
                                               for 32 sequences of 4096 tokens;
                                               memory is taken as they grow
  llm-compile Llama-3.2-1B -o llama.weft --mesh=tp=2
                                               for two devices, each with half
                                               of the layers' weights
  llm-compile encoder.onnx -o encoder.weft     compile for this machine
  llm-compile encoder.onnx -o encoder.weft --arch=x86-64-v3
                                               for any machine with AVX2
  llm-compile encoder.onnx -o encoder.weft --precision=bf16 --verify
                                               half the weights, and what it
                                               costs in accuracy
  llm-compile encoder.onnx --plan-only         what will run, and how much work
  llm-compile encoder.onnx --stop-after=fuse   the IR with its kernels
Then:
  llm-run smollm2.weft --chat --prompt "What is a compiler?"
  llm-run encoder.weft --input NAME=FILE.npy --output-dir DIR
)";

/// "512MiB", "2GiB", "1000000": bytes.
static std::optional<uint64_t> parseBytes(StringRef text) {
  unsigned shift = text.consume_back("KiB")   ? 10
                   : text.consume_back("MiB") ? 20
                   : text.consume_back("GiB") ? 30
                                              : 0;
  uint64_t value;
  if (text.getAsInteger(10, value) || value == 0 ||
      value > (uint64_t(1) << 62) >> shift)
    return std::nullopt;
  return value << shift;
}

/// A number of at least 1 that an `int` holds; `number` stays without the
/// option.
static Status readCount(const InputArgList &args, unsigned option,
                        uint64_t &number) {
  const Arg *arg = args.getLastArg(option);
  if (!arg)
    return Status::ok();
  StringRef text = arg->getValue();
  if (text.getAsInteger(10, number) || number < 1 || number > INT32_MAX)
    return Status::error(arg->getSpelling().str() + text.str() +
                         " is no number of at least 1; expected one such as " +
                         arg->getSpelling().str() + "16");
  return Status::ok();
}

/// Reads the command line into options; an error's sentence otherwise.
static Status readOptions(const InputArgList &args, CompileOptions &options) {
  options.output = args.getLastArgValue(OPT_output).str();
  options.target = args.getLastArgValue(OPT_target, "cpu").str();
  options.arch = args.getLastArgValue(OPT_arch).str();
  options.cubin = args.getLastArgValue(OPT_cubin, "auto").str();
  options.gemm = args.getLastArgValue(OPT_gemm, "cublas").str();
  options.precision = args.getLastArgValue(OPT_precision, "keep").str();
  options.activations = args.getLastArgValue(OPT_activations).str();
  options.cacheType = args.getLastArgValue(OPT_kv_type, "f16").str();
  WEFT_RETURN_IF_ERROR(readCount(args, OPT_context, options.context));
  WEFT_RETURN_IF_ERROR(
      readCount(args, OPT_max_sequences, options.maxSequences));
  WEFT_RETURN_IF_ERROR(readCount(args, OPT_max_tokens, options.maxTokens));
  options.mesh = args.getLastArgValue(OPT_mesh).str();
  options.shard = args.getLastArgValue(OPT_shard).str();
  options.report = args.getLastArgValue(OPT_report).str();
  if (options.mesh.empty() && !options.shard.empty())
    return Status::error("--shard needs a mesh; give one with --mesh=tp=2");
  options.stopAfter = args.getLastArgValue(OPT_stop_after).str();
  options.savePhases = args.getLastArgValue(OPT_save_phases).str();
  options.planOnly = args.hasArg(OPT_plan_only);
  if (const Arg *arg = args.getLastArg(OPT_verify, OPT_verify_EQ)) {
    double tolerance = 1e-5;
    if (arg->getOption().matches(OPT_verify_EQ) &&
        (StringRef(arg->getValue()).getAsDouble(tolerance) ||
         !(tolerance >= 0 && std::isfinite(tolerance))))
      return Status::error("--verify=" + std::string(arg->getValue()) +
                           " is no tolerance; expected a number such as 1e-5");
    options.verifyTolerance = tolerance;
  }
  if (const Arg *arg = args.getLastArg(OPT_memory_budget)) {
    std::optional<uint64_t> bytes = parseBytes(arg->getValue());
    if (!bytes)
      return Status::error("--memory-budget=" + std::string(arg->getValue()) +
                           " is no size; expected one such as 512MiB or 2GiB");
    options.memoryBudget = *bytes;
  }
  if (options.planOnly && !options.stopAfter.empty())
    return Status::error("--plan-only and --stop-after exclude each other");
  bool writes = !options.planOnly && options.stopAfter.empty();
  if (writes && options.output.empty())
    return Status::error("no output; give one with -o DIR.weft");
  if (!writes && !options.output.empty())
    return Status::error("-o makes no sense with --plan-only or --stop-after: "
                         "they write to standard output");
  return Status::ok();
}

static void printSummary(const std::string &output,
                         const CompileReport &report) {
  double total = 0;
  std::string phases;
  raw_string_ostream stream(phases);
  for (const auto &[phase, seconds] : report.phases) {
    total += seconds;
    stream << (phases.empty() ? "" : ", ") << phase << " "
           << format("%.2f", seconds);
  }
  outs() << output << ": " << report.kernels << " kernels, " << report.launches
         << " launches, ";
  if (report.gemms)
    outs() << report.gemms << " gemms, ";
  outs() << report.weights << " weights of "
         << format("%.1f", double(report.weightBytes) / 1048576)
         << " MiB, code of " << report.codeBytes / 1024 << " KiB\n"
         << format("%.2f", total) << " s: " << phases << "\n";
}

int main(int argc, char **argv) {
  tool::About about = {
      "llm-compile", "model", "llm-compile MODEL -o DIR.weft [options]",
      "Compiles a model to an artifact that llm-run runs", examples};
  tool::CommandLine commandLine;
  if (std::optional<int> status = tool::parse(about, argc, argv, commandLine))
    return *status;
  CompileOptions options;
  if (Status status = readOptions(commandLine.options, options); !status)
    return tool::fail(status.message());

  tool::Progress progress("starting");
  options.onPhase = [&](std::string_view phase) {
    progress.next(std::string(phase));
  };
  StatusOr<CompileReport> report = compile(commandLine.operand, options);
  progress.end();
  if (!report)
    return tool::fail(report.message());
  for (const std::string &warning : report->warnings)
    errs() << "warning: " << warning << "\n";
  for (const std::string &remark : report->remarks)
    errs() << "remark: " << remark << "\n";
  outs() << report->text;
  if (report->text.empty())
    printSummary(options.output, *report);
  outs() << report->partition;
  return tool::finish();
}
