//===- KernelModule.cpp - A kernel as an LLVM module ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/KernelModule.h"

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"

namespace weft::cusim {

StatusOr<std::unique_ptr<llvm::Module>>
emitKernel(llvm::LLVMContext &context, const ptx::Module &module,
           const Layout &layout, const SiteTable &sites,
           const CompileOptions &options, const HostFeatures &host,
           KernelVariant variant, const std::string &symbol,
           const std::string &partialSymbol) {
  auto result = std::make_unique<llvm::Module>(symbol, context);
  KernelContext kernel{module,
                       layout,
                       sites,
                       options,
                       host,
                       variant,
                       partialSymbol,
                       *result,
                       std::vector<llvm::Function *>(module.functions.size())};
  llvm::Type *none = llvm::Type::getVoidTy(context);
  llvm::Type *pointer = llvm::PointerType::get(context, 0);
  llvm::Type *i32 = llvm::Type::getInt32Ty(context);
  llvm::Type *i64 = llvm::Type::getInt64Ty(context);
  for (uint32_t index : layout.functions) {
    bool isKernel = index == layout.functions.front();
    const ptx::Function &function = module.functions[index];
    if (function.isEntry && !isKernel)
      return Status::error("line " + std::to_string(function.location.line) +
                           ": the kernel " + function.name + " is called");
    llvm::FunctionType *type =
        isKernel ? llvm::FunctionType::get(none, {pointer}, false)
                 : llvm::FunctionType::get(
                       none, {pointer, i32, i64, pointer, pointer}, false);
    kernel.functions[index] = llvm::Function::Create(
        type,
        isKernel ? llvm::GlobalValue::ExternalLinkage
                 : llvm::GlobalValue::InternalLinkage,
        isKernel ? symbol : "function " + function.name, *result);
    kernel.functions[index]->addFnAttr(llvm::Attribute::NoUnwind);
  }
  for (uint32_t index : layout.functions)
    WEFT_RETURN_IF_ERROR(FunctionEmitter(kernel, index).emit());
#ifndef NDEBUG
  std::string text;
  llvm::raw_string_ostream stream(text);
  assert((!llvm::verifyModule(*result, &stream) ||
          (llvm::errs() << text, false)) &&
         "the emitter wrote a module that LLVM refuses");
#endif
  return result;
}

} // namespace weft::cusim
