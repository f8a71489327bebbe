//===- CodeEmission.cpp - From the LLVM dialect to what a backend writes --===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/CodeEmission.h"

#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/ModuleTranslation.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"

using namespace mlir;

namespace weft {

std::unique_ptr<llvm::TargetMachine> makeTargetMachine(
    const llvm::Triple &triple, StringRef processor, StringRef features,
    std::optional<llvm::Reloc::Model> relocation, llvm::CodeGenOptLevel level) {
  std::string error;
  const llvm::Target *registered =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!registered)
    return nullptr;
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(registered->createTargetMachine(
      triple, processor, features, options, relocation, std::nullopt, level));
}

void setTarget(llvm::Module &module, llvm::TargetMachine &machine) {
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
}

void optimizeKernel(llvm::Module &module, llvm::TargetMachine &machine) {
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

FailureOr<std::string> emitFile(llvm::Module &module,
                                llvm::TargetMachine &machine,
                                llvm::CodeGenFileType type) {
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, type))
    return failure();
  passes.run(module);
  return std::string(bytes);
}

FailureOr<std::vector<std::string>>
compileEach(ModuleOp kernels,
            function_ref<FailureOr<std::string>(llvm::Module &)> compile) {
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
  std::vector<std::string> results(translated.size());
  LogicalResult compiled =
      failableParallelForEachN(kernels.getContext(), 0, translated.size(),
                               [&](size_t i) -> LogicalResult {
                                 FailureOr<std::string> result =
                                     compile(*translated[i]->module);
                                 if (succeeded(result))
                                   results[i] = std::move(*result);
                                 return result;
                               });
  if (failed(compiled))
    return failure();
  return results;
}

} // namespace weft
