//===- PTXEmission.cpp - From the LLVM dialect to PTX ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/PTXEmission.h"

#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/ModuleTranslation.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace weft {

static std::unique_ptr<llvm::TargetMachine>
makeTargetMachine(const CUDATarget &target) {
  static bool initialized = [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    return true;
  }();
  (void)initialized;
  llvm::Triple triple("nvptx64-nvidia-cuda");
  std::string error;
  const llvm::Target *registered =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!registered)
    return nullptr;
  llvm::TargetOptions options;
  // Products and sums are contracted where an emitter says so, nowhere else.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  // The least version that knows the arch and what kernels use (PTX ISA 8.0:
  // sm_90; 8.6: sm_100; 8.7: sm_120).
  unsigned arch = target.leastArch();
  StringRef version = arch >= 120   ? "+ptx87"
                      : arch >= 100 ? "+ptx86"
                                    : "+ptx80";
  return std::unique_ptr<llvm::TargetMachine>(registered->createTargetMachine(
      triple, "sm_" + std::to_string(arch), version, options, std::nullopt,
      std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::PassBuilder builder(&machine);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::ModulePassManager passes;
  llvm::cantFail(builder.parsePassPipeline(
      passes, "function(simplifycfg,early-cse<memssa>,"
              "instcombine<no-verify-fixpoint>,loop-mssa(licm),simplifycfg,"
              "early-cse)"));
  passes.run(module, modules);
}

/// Names that stay apart when all kernels share a module.
static void makeNamesUnique(llvm::Module &module) {
  std::string kernel;
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      kernel = function.getName().str();
  for (llvm::GlobalVariable &global : module.globals())
    global.setName(kernel + "_" + global.getName());
}

/// What follows the header that each module has.
static StringRef bodyOf(StringRef ptx) {
  static constexpr StringLiteral lastOfHeader = ".address_size 64\n";
  return ptx.substr(ptx.find(lastOfHeader) + lastOfHeader.size());
}

static FailureOr<std::string>
compile(llvm::Module &module, const CUDATarget &target, Location location) {
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(target);
  if (!machine)
    return emitError(location) << "this LLVM has no backend for NVIDIA GPUs";
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  makeNamesUnique(module);
  optimize(module, *machine);
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr,
                                   llvm::CodeGenFileType::AssemblyFile))
    return emitError(location) << "LLVM cannot write PTX";
  passes.run(module);
  return std::string(text);
}

/// `name` as an array of bytes in global memory.
static void printBytes(llvm::raw_ostream &stream, StringRef name,
                       StringRef bytes) {
  stream << ".visible .global .align 8 .b8 " << name << "["
         << std::max<size_t>(bytes.size(), 1) << "]";
  if (!bytes.empty()) {
    stream << " = {";
    llvm::interleaveComma(
        bytes, stream, [&](char byte) { stream << unsigned(uint8_t(byte)); });
    stream << "}";
  }
  stream << ";\n";
}

FailureOr<std::string> emitPTX(ModuleOp kernels, const CUDATarget &target,
                               const std::string &table) {
  // Each kernel has a context of its own, so that threads share nothing.
  struct Kernel {
    llvm::LLVMContext context;
    std::unique_ptr<llvm::Module> module;
  };
  std::vector<std::unique_ptr<Kernel>> translated;
  for (auto module : kernels.getOps<ModuleOp>()) {
    auto &kernel = *translated.emplace_back(std::make_unique<Kernel>());
    kernel.module = translateModuleToLLVMIR(module, kernel.context, "kernels");
    if (!kernel.module)
      return failure();
  }
  std::vector<std::string> texts(translated.size());
  LogicalResult compiled = failableParallelForEachN(
      kernels.getContext(), 0, translated.size(),
      [&](size_t i) -> LogicalResult {
        FailureOr<std::string> text =
            compile(*translated[i]->module, target, kernels.getLoc());
        if (succeeded(text))
          texts[i] = std::move(*text);
        return text;
      });
  if (failed(compiled))
    return failure();
  std::string ptx;
  llvm::raw_string_ostream stream(ptx);
  StringRef first = texts.front();
  stream << first.drop_back(bodyOf(first).size());
  printBytes(stream, "weft_kernel_table", table);
  stream << ".visible .global .align 8 .u64 weft_kernel_table_bytes = "
         << table.size() << ";\n";
  for (const std::string &text : texts)
    stream << bodyOf(text);
  return ptx;
}

} // namespace weft
