//===- HostCompiler.cpp - LLVM modules to object files --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/jit/HostCompiler.h"

#include "runtime/cusim/emit/CanonicalNaNs.h"
#include "runtime/cusim/machine/Strand.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/DiagnosticHandler.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/ADCE.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include "llvm/Transforms/Utils/Mem2Reg.h"

namespace weft::cusim {

namespace {
struct CanonicalNaNPass : llvm::PassInfoMixin<CanonicalNaNPass> {
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &) {
    deferCanonicalNaNs(function);
    llvm::PreservedAnalyses preserved;
    preserved.preserveSet<llvm::CFGAnalyses>();
    return preserved;
  }
};
} // namespace
namespace {

/// Keeps what LLVM complains about; without it, LLVM ends the program.
struct Complaints : llvm::DiagnosticHandler {
  Complaints(std::string &first, uint64_t frameLimit)
      : first(first), frameLimit(frameLimit) {}
  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    if (auto *size = llvm::dyn_cast<llvm::DiagnosticInfoStackSize>(&info)) {
      first = "the kernel needs " + std::to_string(size->getStackSize()) +
              " bytes for registers of a strand, more than the " +
              std::to_string(frameLimit) + " that there are";
    } else if (info.getSeverity() == llvm::DS_Error) {
      llvm::raw_string_ostream stream(first);
      llvm::DiagnosticPrinterRawOStream printer(stream);
      info.print(printer);
    }
    return true;
  }
  std::string &first;
  const uint64_t frameLimit;
};

} // namespace

HostCompiler::HostCompiler() = default;
HostCompiler::~HostCompiler() = default;

StatusOr<std::unique_ptr<HostCompiler>> HostCompiler::create(unsigned width) {
  static const bool isReady = [] {
    return !llvm::InitializeNativeTarget() &&
           !llvm::InitializeNativeTargetAsmPrinter();
  }();
  if (!isReady)
    return Status::error("LLVM has no code generator for this processor");
  std::unique_ptr<HostCompiler> result(new HostCompiler);
  llvm::SubtargetFeatures features;
  llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  // In the order of the alphabet, so that descriptions compare.
  std::vector<std::string> names;
  for (const auto &entry : host)
    names.push_back((entry.second ? "+" : "-") + entry.first().str());
  std::sort(names.begin(), names.end());
  for (const std::string &name : names)
    features.AddFeature(name);
  result->frameLimit = maximumFrameBytes(width);
  result->hostFeatures.hasGather = host.lookup("avx2");
  result->hostFeatures.hasWordPermute = host.lookup("avx512f");

  std::string error;
  llvm::Triple triple(llvm::sys::getProcessTriple());
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return Status::error(error);
  std::string processor = llvm::sys::getHostCPUName().str();
  result->machine.reset(target->createTargetMachine(
      triple, processor, features.getString(), llvm::TargetOptions(),
      llvm::Reloc::PIC_, llvm::CodeModel::Small,
      llvm::CodeGenOptLevel::Default));
  if (!result->machine)
    return Status::error("LLVM has no code generator for " + processor);
  result->text =
      processor + " " + features.getString() + " LLVM " LLVM_VERSION_STRING;
  return result;
}

void HostCompiler::setTarget(llvm::Module &module) const {
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
}

StatusOr<std::vector<uint8_t>>
HostCompiler::compile(llvm::Module &module) const {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", machine->getTargetCPU());
    function.addFnAttr("target-features", machine->getTargetFeatureString());
    function.addFnAttr("warn-stack-size", std::to_string(frameLimit));
    // Also where LLVM thinks 256 bits faster: two registers hold the lanes that
    // else take four.
    function.addFnAttr("prefer-vector-width", "512");
    function.addFnAttr("min-legal-vector-width", "512");
  }
  llvm::PassBuilder passes(machine.get());
  llvm::LoopAnalysisManager loopAnalyses;
  llvm::FunctionAnalysisManager functionAnalyses;
  llvm::CGSCCAnalysisManager sccAnalyses;
  llvm::ModuleAnalysisManager moduleAnalyses;
  passes.registerModuleAnalyses(moduleAnalyses);
  passes.registerCGSCCAnalyses(sccAnalyses);
  passes.registerFunctionAnalyses(functionAnalyses);
  passes.registerLoopAnalyses(loopAnalyses);
  passes.crossRegisterProxies(loopAnalyses, functionAnalyses, sccAnalyses,
                              moduleAnalyses);
  // What wrote the PTX has optimized it: registers become values, address
  // arithmetic of lanes is folded, and what no block needs goes.
  llvm::FunctionPassManager pipeline;
  pipeline.addPass(llvm::PromotePass());
  pipeline.addPass(CanonicalNaNPass());
  pipeline.addPass(llvm::EarlyCSEPass());
  pipeline.addPass(llvm::InstCombinePass());
  pipeline.addPass(llvm::SimplifyCFGPass());
  pipeline.addPass(llvm::createFunctionToLoopPassAdaptor(
      llvm::LICMPass(llvm::LICMOptions()), /*UseMemorySSA=*/true));
  pipeline.addPass(llvm::EarlyCSEPass());
  pipeline.addPass(llvm::ADCEPass());
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      pipeline.run(function, functionAnalyses);

  std::string complaint;
  module.getContext().setDiagnosticHandler(
      std::make_unique<Complaints>(complaint, frameLimit));
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager codegen;
  if (machine->addPassesToEmitFile(codegen, stream, nullptr,
                                   llvm::CodeGenFileType::ObjectFile))
    return Status::error("LLVM cannot write object files for " +
                         machine->getTargetCPU().str());
  codegen.run(module);
  if (!complaint.empty())
    return Status::error(complaint);
  return std::vector<uint8_t>(object.begin(), object.end());
}

} // namespace weft::cusim
