//===- ObjectEmission.cpp - From the LLVM dialect to ELF objects ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/ObjectEmission.h"
#include "lib/Codegen/Common/CodeEmission.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"

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
  std::string features;
  for (const std::string &feature : target.features)
    features += (features.empty() ? "+" : ",+") + feature;
  return makeTargetMachine(triple, "x86-64", features, llvm::Reloc::PIC_,
                           llvm::CodeGenOptLevel::Default);
}

static FailureOr<std::string> emitObject(llvm::Module &module,
                                         llvm::TargetMachine &machine,
                                         Location location) {
  FailureOr<std::string> object =
      emitFile(module, machine, llvm::CodeGenFileType::ObjectFile);
  if (failed(object))
    emitError(location) << "LLVM cannot write ELF objects for x86-64";
  return object;
}

static FailureOr<std::string>
compile(llvm::Module &module, const CPUTarget &target, Location location) {
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(target);
  if (!machine)
    return emitError(location) << "this LLVM has no x86-64 backend";
  setTarget(module, *machine);
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
  optimizeKernel(module, *machine);
  return emitObject(module, *machine, location);
}

FailureOr<std::vector<std::string>> emitObjects(ModuleOp kernels,
                                                const CPUTarget &target) {
  return compileEach(kernels, [&](llvm::Module &module) {
    return compile(module, target, kernels.getLoc());
  });
}

FailureOr<std::string> emitTableObject(StringRef table, const CPUTarget &target,
                                       Location location) {
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(target);
  if (!machine)
    return emitError(location) << "this LLVM has no x86-64 backend";
  llvm::LLVMContext context;
  llvm::Module module("table", context);
  setTarget(module, *machine);
  auto define = [&](llvm::Constant *value, StringRef name) {
    new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                             llvm::GlobalValue::ExternalLinkage, value, name);
  };
  define(llvm::ConstantDataArray::getString(context, table,
                                            /*AddNull=*/false),
         "weft_kernel_table");
  define(llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), table.size()),
         "weft_kernel_table_bytes");
  return emitObject(module, *machine, location);
}

} // namespace weft
