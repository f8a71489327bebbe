//===- llm-opt.cpp - Runs passes on IR and on models ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ImportModel.h"
#include "lib/InitAll.h"
#include "lib/Reference/VerifyPasses.h"
#include "tools/llm-opt/OpenModel.h"
#ifdef WEFT_TEST_PASSES
#include "test/passes/TestPasses.h"
#endif

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;

static llvm::cl::opt<std::string> verify(
    "verify", llvm::cl::ValueOptional, llvm::cl::value_desc("tolerance"),
    llvm::cl::desc("Evaluate public functions before and after each pass and "
                   "stop at the first that changes a result by more than "
                   "tolerance * (1 + |expected|), 1e-5 unless said otherwise"));

static llvm::cl::opt<uint64_t>
    verifySeed("verify-seed", llvm::cl::init(0),
               llvm::cl::desc("Seed of the inputs that --verify draws"));

// The capacity of a language model that is imported.
static const weft::LanguageModelOptions defaults;
static llvm::cl::opt<int64_t>
    contextLength("context", llvm::cl::init(0), llvm::cl::value_desc("tokens"),
                  llvm::cl::desc("Greatest length of a sequence, the model's "
                                 "own unless said otherwise"));
static llvm::cl::opt<int64_t>
    maxSequences("max-sequences", llvm::cl::init(defaults.maxSequences),
                 llvm::cl::desc("Sequences in one step"));
static llvm::cl::opt<int64_t>
    maxTokens("max-tokens", llvm::cl::init(defaults.maxTokens),
              llvm::cl::desc("Tokens in one step, of all sequences"));
static llvm::cl::opt<std::string>
    kvType("kv-type", llvm::cl::init(defaults.kvType),
           llvm::cl::desc("Element type of the cache: f16, f32 or q8_0"));

static weft::LanguageModelOptions getLanguageModelOptions() {
  weft::LanguageModelOptions options;
  if (contextLength.getNumOccurrences() != 0)
    options.context = contextLength;
  options.maxSequences = maxSequences;
  options.maxTokens = maxTokens;
  options.kvType = kvType;
  return options;
}

/// Adds verification to the passes.
static LogicalResult addVerification(StringRef input,
                                     MlirOptMainConfig &config) {
  weft::VerifyOptions options;
  StringRef tolerance = verify;
  if (!tolerance.empty() &&
      (tolerance.getAsDouble(options.tolerance) || !(options.tolerance >= 0))) {
    llvm::WithColor::error(llvm::errs())
        << "--verify=" << tolerance
        << ": the tolerance is a number that is not below 0\n";
    return failure();
  }
  options.seed = verifySeed;
  options.weightDirectory = weft::getModelFolder(input);

  MlirOptMainConfig passes = config;
  config.setPassPipelineSetupFn([=](PassManager &pm) {
    if (failed(passes.setupPassPipeline(pm)))
      return failure();
    weft::installVerification(pm, options);
    return success();
  });
  return success();
}

/// What MlirOptMain does, for models too.
static LogicalResult run(StringRef input, StringRef output,
                         DialectRegistry &registry) {
  auto config = MlirOptMainConfig::createFromCLOptions();
  if (verify.getNumOccurrences() != 0 && failed(addVerification(input, config)))
    return failure();
  std::unique_ptr<llvm::MemoryBuffer> file =
      weft::openModel(input, registry, getLanguageModelOptions());
  if (!file)
    return failure();
  std::string message;
  std::unique_ptr<llvm::ToolOutputFile> result =
      openOutputFile(output, &message);
  if (!result) {
    llvm::WithColor::error(llvm::errs()) << message << "\n";
    return failure();
  }
  if (failed(MlirOptMain(result->os(), std::move(file), registry, config)))
    return failure();
  result->keep();
  return success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  weft::registerAllPasses();
#ifdef WEFT_TEST_PASSES
  weft::registerTestPasses();
#endif
  DialectRegistry registry;
  weft::registerAllDialects(registry);
  auto [input, output] = registerAndParseCLIOptions(
      argc, argv, "Weft's optimizer driver\n", registry);
  if (verify.getNumOccurrences() != 0 || weft::isModel(input))
    return asMainReturnCode(run(input, output, registry));
  return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));
}
