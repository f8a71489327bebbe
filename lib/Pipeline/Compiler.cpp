//===- Compiler.cpp - Compile a model -------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "weft/Compiler.h"

#include "lib/Codegen/CUDA/AttentionSpan.h"
#include "lib/Codegen/Common/RegisterModels.h"
#include "lib/Import/ImportModel.h"
#include "lib/Import/Tokenizer/ReadTokenizer.h"
#include "lib/InitAll.h"
#include "lib/Package/ArtifactFolder.h"
#include "lib/Package/Package.h"
#include "lib/Pipeline/PartitionSummary.h"
#include "lib/Pipeline/Phases.h"
#include "lib/Pipeline/Plan.h"
#include "lib/Pipeline/ResolveTarget.h"
#include "lib/Reference/VerifyPasses.h"
#include "lib/Report/PartitionReport.h"
#include "runtime/base/AtomicFile.h"

#include "dialects/Exec/IR/Exec.h"
#include "dialects/LLM/IR/LLM.h"
#include "dialects/LLM/IR/LanguageModel.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

#include <chrono>

using namespace mlir;
using namespace weft;

namespace path = llvm::sys::path;

static constexpr const char *phaseNames[] = {
    "import", "simplify", "precision", "partition",
    "fuse",   "schedule", "codegen",   "package"};
static constexpr llvm::StringLiteral precisions[] = {"keep", "f32", "bf16",
                                                     "f16"};

std::vector<std::string> weft::getPhaseNames() {
  return {std::begin(phaseNames), std::end(phaseNames)};
}

namespace {

/// One compilation, phase by phase.
class Compilation {
public:
  Compilation(const std::string &model, const CompileOptions &options)
      : model(model), options(options), context(getRegistry()),
        diagnostics(&context) {}

  StatusOr<CompileReport> run() {
    WEFT_RETURN_IF_ERROR(runPhases());
    report.remarks = diagnostics.getRemarks();
    llvm::append_range(report.warnings, diagnostics.getWarnings());
    return std::move(report);
  }

private:
  static DialectRegistry getRegistry();

  Status runPhases();
  bool isForGPU() const { return std::holds_alternative<CUDATarget>(*target); }
  bool usesMatrixLibrary() const {
    return isForGPU() && options.gemm == "cublas";
  }
  std::string getActivations() const {
    if (!options.activations.empty())
      return options.activations;
    return isForGPU() ? "f32" : "int8";
  }
  /// Runs a phase that ends with IR; `isDone` when the options say so.
  Status runPhase(StringRef name, llvm::function_ref<Status()> work);
  Status runPasses(StringRef name,
                   llvm::function_ref<void(OpPassManager &)> build);
  Status import();
  Status partition();
  Status writeReport();
  Status generate();
  StatusOr<std::string> readModelsTokenizer();
  Status package();
  Status save(StringRef phase);
  void count();

  std::string getModelFolder() const { return weft::getModelFolder(model); }

  const std::string &model;
  const CompileOptions &options;
  MLIRContext context;
  DiagnosticCollector diagnostics;
  CompileReport report;
  PartitionReport partitionReport;
  OwningOpRef<ModuleOp> module;
  std::optional<CodeTarget> target;
  std::optional<GeneratedCode> code;
  bool isDone = false;
};

} // namespace

DialectRegistry Compilation::getRegistry() {
  DialectRegistry registry;
  registerAllDialects(registry);
  registerCodegen(registry);
  return registry;
}

static LanguageModelOptions
getLanguageModelOptions(const CompileOptions &options) {
  LanguageModelOptions result;
  if (options.context)
    result.context = static_cast<int64_t>(options.context);
  result.maxSequences = static_cast<int64_t>(options.maxSequences);
  uint64_t maxTokens = options.target == "cuda" ? 512 : 256;
  if (options.maxTokens)
    maxTokens = options.maxTokens;
  result.maxTokens = static_cast<int64_t>(maxTokens);
  result.kvType = options.cacheType;
  return result;
}

Status Compilation::import() {
  if (isModel(model))
    module = importModel(model, &context, getLanguageModelOptions(options));
  else if (StringRef(model).ends_with(".mlir") ||
           StringRef(model).ends_with(".mlirbc"))
    module = parseSourceFile<ModuleOp>(model, &context);
  else
    return Status::error("'" + model +
                         "' is of no known kind; expected a name that ends "
                         "with .onnx, .gguf, .mlir or .mlirbc, or a "
                         "folder with a config.json");
  return module ? Status::ok()
                : diagnostics.getStatus("cannot import '" + model + "'");
}

Status Compilation::runPasses(StringRef name,
                              llvm::function_ref<void(OpPassManager &)> build) {
  PassManager pm(module->getContext(), ModuleOp::getOperationName());
  build(pm);
  if (options.verifyTolerance) {
    VerifyOptions verify;
    verify.tolerance = *options.verifyTolerance;
    verify.weightDirectory = getModelFolder();
    installVerification(pm, verify);
  }
  return succeeded(pm.run(*module))
             ? Status::ok()
             : diagnostics.getStatus("phase " + name.str() + " failed");
}

Status Compilation::partition() {
  if (options.mesh.empty())
    return Status::ok();
  WEFT_RETURN_IF_ERROR(runPasses("partition", [&](OpPassManager &pm) {
    buildShardingPasses(pm, options.mesh, options.shard);
  }));
  if (!options.report.empty())
    partitionReport.collectShardings(*module);
  return runPasses("partition", buildLocalizingPasses);
}

/// The name with another ending: "plan.json" for "plan.html".
static std::string withExtension(const std::string &file, StringRef extension) {
  llvm::SmallString<128> name(file);
  path::replace_extension(name, extension);
  return std::string(name);
}

Status Compilation::writeReport() {
  partitionReport.collectProgram(*module);
  std::string html, json;
  llvm::raw_string_ostream htmlStream(html), jsonStream(json);
  partitionReport.printHtml(htmlStream, getModelName(model));
  jsonStream << llvm::formatv("{0:2}\n", partitionReport.getJson());
  auto bytes = [](const std::string &text) {
    return std::span(reinterpret_cast<const uint8_t *>(text.data()),
                     text.size());
  };
  WEFT_RETURN_IF_ERROR(writeAtomically(options.report, {bytes(html)}));
  return writeAtomically(withExtension(options.report, "json"), {bytes(json)});
}

Status Compilation::generate() {
  FailureOr<GeneratedCode> generated = generateCode(*module, *target);
  if (failed(generated))
    return diagnostics.getStatus("cannot generate code");
  code.emplace(std::move(*generated));
  return Status::ok();
}

static bool isLanguageModel(ModuleOp module) {
  return llvm::any_of(module.getOps<exec::ProgramOp>(), [](exec::ProgramOp op) {
    return op->hasAttr(languageModelAttrName);
  });
}

/// Serialized; empty when the module names none.
StatusOr<std::string> Compilation::readModelsTokenizer() {
  for (auto tokenizer : module->getOps<TokenizerOp>()) {
    llvm::SmallString<128> file(getModelFolder());
    path::append(file, tokenizer.getFile());
    StatusOr<artifact::Tokenizer> read = readTokenizer(file.str().str());
    if (!read)
      return read.status();
    return read->SerializeAsString();
  }
  return std::string();
}

Status Compilation::package() {
  StatusOr<std::string> tokenizer = readModelsTokenizer();
  // The model runs without, on tokens.
  if (!tokenizer)
    report.warnings.push_back("the artifact has no tokenizer: " +
                              tokenizer.message());
  std::string name = getModelName(model);
  PackageInput input{*module,
                     code->stage,
                     code->files,
                     code->initializers,
                     name,
                     getModelFolder(),
                     tokenizer ? *tokenizer : std::string(),
                     {{"arch", code->stage.arch()},
                      {"mesh", options.mesh},
                      {"precision", options.precision},
                      {"shard", options.shard},
                      {"target", options.target}}};
  if (isForGPU())
    input.options["gemm"] = options.gemm;
  if (isLanguageModel(*module)) {
    input.options["activations"] = getActivations();
    input.options["kv-type"] = options.cacheType;
  }
  std::erase_if(input.options,
                [](const auto &option) { return option.second.empty(); });
  StatusOr<PackageReport> written =
      writeArtifact(input, {options.output, options.memoryBudget});
  if (!written)
    return diagnostics.getStatus(written.message());
  report.weights = written->weights;
  report.weightBytes = written->weightBytes;
  report.codeBytes = written->codeBytes;
  return Status::ok();
}

Status Compilation::save(StringRef phase) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  if (options.stopAfter == phase) {
    report.text = text;
    isDone = true;
  }
  if (options.savePhases.empty())
    return Status::ok();
  std::error_code error = llvm::sys::fs::create_directories(options.savePhases);
  llvm::SmallString<128> file(options.savePhases);
  path::append(file, Twine(report.phases.size()) + "-" + phase + ".mlir");
  if (!error) {
    llvm::ToolOutputFile output(file, error, llvm::sys::fs::OF_None);
    if (!error) {
      output.os() << text;
      output.keep();
    }
  }
  return error ? Status::error("cannot write '" + file.str().str() +
                               "': " + error.message())
               : Status::ok();
}

Status Compilation::runPhase(StringRef name,
                             llvm::function_ref<Status()> work) {
  if (isDone)
    return Status::ok();
  if (options.onPhase)
    options.onPhase(name);
  auto start = std::chrono::steady_clock::now();
  WEFT_RETURN_IF_ERROR(work());
  std::chrono::duration<double> spent =
      std::chrono::steady_clock::now() - start;
  report.phases.emplace_back(name.str(), spent.count());
  if (options.stopAfter == name || !options.savePhases.empty())
    return save(name);
  return Status::ok();
}

void Compilation::count() {
  module->walk([&](exec::LaunchOp) { ++report.launches; });
  module->walk([&](exec::GemmOp) { ++report.gemms; });
  auto kernels = module->getOps<exec::KernelOp>();
  report.kernels = std::distance(kernels.begin(), kernels.end());
}

Status Compilation::runPhases() {
  // The last phase writes files and leaves no IR of its own.
  auto phasesWithIR = ArrayRef(phaseNames).drop_back();
  if (!options.stopAfter.empty() &&
      !llvm::is_contained(phasesWithIR, options.stopAfter))
    return Status::error("there is no IR after phase '" + options.stopAfter +
                         "'; expected one of " +
                         llvm::join(phasesWithIR, ", "));
  if (!llvm::is_contained(precisions, options.precision))
    return Status::error("unknown precision '" + options.precision +
                         "'; expected " +
                         llvm::join(ArrayRef(precisions), ", "));
  if (!options.report.empty() && options.mesh.empty())
    return Status::error("a report says how a model was split; give a mesh, "
                         "such as tp=2");
  if (!options.report.empty() && !StringRef(options.report).ends_with(".html"))
    return Status::error("the report '" + options.report +
                         "' is a page; expected a name that ends with .html");
  bool writes = !options.planOnly && options.stopAfter.empty();
  if (writes)
    WEFT_RETURN_IF_ERROR(ArtifactFolder::checkTarget(options.output));
  StatusOr<CodeTarget> resolved = resolveTarget(options, context, diagnostics);
  if (!resolved)
    return resolved.status();
  target = std::move(*resolved);

  WEFT_RETURN_IF_ERROR(runPhase("import", [&] { return import(); }));
  WEFT_RETURN_IF_ERROR(runPhase(
      "simplify", [&] { return runPasses("simplify", buildSimplifyPhase); }));
  WEFT_RETURN_IF_ERROR(runPhase("precision", [&] {
    return runPasses("precision", [&](OpPassManager &pm) {
      buildPrecisionPhase(pm, options.precision, getActivations());
    });
  }));
  WEFT_RETURN_IF_ERROR(runPhase("partition", [&] { return partition(); }));
  WEFT_RETURN_IF_ERROR(runPhase("fuse", [&] {
    FuseOptions fuse{isForGPU(), usesMatrixLibrary()};
    if (const auto *gpu = std::get_if<CUDATarget>(&*target))
      fuse.attentionSpan = chooseAttentionSpan(*module, *gpu);
    return runPasses("fuse",
                     [&](OpPassManager &pm) { buildFusePhase(pm, fuse); });
  }));
  WEFT_RETURN_IF_ERROR(runPhase("schedule", [&] {
    return runPasses("schedule", [&](OpPassManager &pm) {
      buildSchedulePhase(pm, usesMatrixLibrary());
    });
  }));
  if (!isDone) {
    report.partition = summarizePartition(*module);
    if (!options.report.empty())
      WEFT_RETURN_IF_ERROR(writeReport());
  }
  if (options.planOnly && !isDone) {
    report.text = printPlan(*module);
    return Status::ok();
  }
  WEFT_RETURN_IF_ERROR(runPhase("codegen", [&] { return generate(); }));
  if (writes)
    WEFT_RETURN_IF_ERROR(runPhase("package", [&] { return package(); }));
  count();
  return Status::ok();
}

StatusOr<CompileReport> weft::compile(const std::string &path,
                                      const CompileOptions &options) {
  return Compilation(path, options).run();
}
