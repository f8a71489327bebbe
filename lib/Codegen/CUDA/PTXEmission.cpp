//===- PTXEmission.cpp - From the LLVM dialect to PTX ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/PTXEmission.h"
#include "lib/Codegen/Common/CodeEmission.h"

#include "llvm/IR/Module.h"
#include "llvm/Support/TargetSelect.h"

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
  return makeTargetMachine(triple, "sm_" + std::to_string(target.leastArch()),
                           target.ptxVersion().feature, std::nullopt,
                           llvm::CodeGenOptLevel::Aggressive);
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
  setTarget(module, *machine);
  makeNamesUnique(module);
  optimizeKernel(module, *machine);
  FailureOr<std::string> text =
      emitFile(module, *machine, llvm::CodeGenFileType::AssemblyFile);
  if (failed(text))
    return emitError(location) << "LLVM cannot write PTX";
  return text;
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
  FailureOr<std::vector<std::string>> texts =
      compileEach(kernels, [&](llvm::Module &module) {
        return compile(module, target, kernels.getLoc());
      });
  if (failed(texts))
    return failure();
  std::string ptx;
  llvm::raw_string_ostream stream(ptx);
  StringRef first = texts->front();
  stream << first.drop_back(bodyOf(first).size());
  printBytes(stream, "weft_kernel_table", table);
  stream << ".visible .global .align 8 .u64 weft_kernel_table_bytes = "
         << table.size() << ";\n";
  for (const std::string &text : *texts)
    stream << bodyOf(text);
  return ptx;
}

} // namespace weft
