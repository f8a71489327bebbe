//===- ObjectEmission.cpp - From the LLVM dialect to ELF objects ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/ObjectEmission.h"

#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/ModuleTranslation.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace weft {

/// Keeps constants in the loops that use them. Hoisted, those of an epilogue
/// would live in registers across the inner loop of a product, whose sums then
/// go through memory: a dense layer with gelu ran three times slower. The
/// backend has no other way to ask for it than its option.
static void keepConstantsInLoops() {
  auto &options = llvm::cl::getRegisteredOptions();
  auto option = options.find("disable-machine-licm");
  if (option != options.end())
    static_cast<llvm::cl::opt<bool> *>(option->second)->setValue(true);
}

static std::unique_ptr<llvm::TargetMachine>
makeTargetMachine(const CPUTarget &target) {
  static bool initialized = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    keepConstantsInLoops();
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

static FailureOr<std::string>
compile(llvm::Module &module, const CPUTarget &target, Location location) {
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(target);
  if (!machine)
    return emitError(location) << "this LLVM has no x86-64 backend";
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  std::string width = std::to_string(32 * target.registerLanes);
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    // A loop that fills memory stays a loop: there is no memset to call.
    function.addFnAttr("no-builtins");
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr("min-legal-vector-width", width);
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  optimize(module, *machine);
  return emitModule(module, *machine, location);
}

FailureOr<std::vector<std::string>> emitObjects(ModuleOp kernels,
                                                const CPUTarget &target) {
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
  std::vector<std::string> objects(translated.size());
  LogicalResult compiled = failableParallelForEachN(
      kernels.getContext(), 0, translated.size(),
      [&](size_t i) -> LogicalResult {
        FailureOr<std::string> object =
            compile(*translated[i]->module, target, kernels.getLoc());
        if (succeeded(object))
          objects[i] = std::move(*object);
        return object;
      });
  if (failed(compiled))
    return failure();
  return objects;
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
