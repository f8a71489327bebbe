//===- ObjectEmission.cpp - From the LLVM dialect to ELF objects ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/ObjectEmission.h"

#include "mlir/Target/LLVMIR/ModuleTranslation.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace weft {

static std::unique_ptr<llvm::TargetMachine>
makeTargetMachine(const CPUTarget &target) {
  static bool initialized = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    return true;
  }();
  (void)initialized;
  // Not the machine's own triple, which names a vendor: bytes are equal
  // everywhere.
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  std::string error;
  const llvm::Target *registered =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!registered)
    return nullptr;
  std::string features;
  for (const std::string &feature : target.features)
    features += (features.empty() ? "+" : ",+") + feature;
  llvm::TargetOptions options;
  // Products and sums are contracted where an emitter says so, nowhere else.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(registered->createTargetMachine(
      triple, "x86-64", features, options, llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Default));
}

/// Emitted kernels need little: the address arithmetic and the loads that are
/// the same in every iteration leave their loops.
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

static FailureOr<std::string> emitModule(llvm::Module &module,
                                         llvm::TargetMachine &machine,
                                         Location location) {
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr,
                                  llvm::CodeGenFileType::ObjectFile))
    return emitError(location) << "LLVM cannot write ELF objects for x86-64";
  passes.run(module);
  return std::string(bytes);
}

FailureOr<std::string> emitObject(ModuleOp module, const CPUTarget &target) {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated =
      translateModuleToLLVMIR(module, context, "kernels");
  if (!translated)
    return failure();
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(target);
  if (!machine)
    return emitError(module.getLoc()) << "this LLVM has no x86-64 backend";
  translated->setTargetTriple(machine->getTargetTriple());
  translated->setDataLayout(machine->createDataLayout());
  std::string width = std::to_string(32 * target.registerLanes);
  for (llvm::Function &function : *translated) {
    if (function.isDeclaration())
      continue;
    // A loop that fills memory stays a loop: there is no memset to call.
    function.addFnAttr("no-builtins");
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr("min-legal-vector-width", width);
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  optimize(*translated, *machine);
  return emitModule(*translated, *machine, module.getLoc());
}

FailureOr<std::string> emitTableObject(StringRef table, const CPUTarget &target,
                                       Location location) {
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(target);
  if (!machine)
    return emitError(location) << "this LLVM has no x86-64 backend";
  llvm::LLVMContext context;
  llvm::Module module("table", context);
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  auto define = [&](llvm::Constant *value, StringRef name) {
    new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                             llvm::GlobalValue::ExternalLinkage, value, name);
  };
  define(llvm::ConstantDataArray::getString(context, table,
                                            /*AddNull=*/false),
         "weft_kernel_table");
  define(llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), table.size()),
         "weft_kernel_table_bytes");
  return emitModule(module, *machine, location);
}

} // namespace weft
