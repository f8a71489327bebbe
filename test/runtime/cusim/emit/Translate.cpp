//===- Translate.cpp - From a PTX text to LLVM IR -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/emit/Translate.h"

#include "runtime/cusim/emit/KernelModule.h"
#include "runtime/cusim/ptx/Parser.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace weft;

std::string cusim::translationError(std::string_view text,
                                    const CompileOptions &options) {
  StatusOr<ptx::Module> module = ptx::parse(text);
  if (!module)
    return module.message();
  SiteTable sites = SiteTable::of(*module);
  for (uint32_t index = 0; index < module->functions.size(); ++index) {
    const ptx::Function &function = module->functions[index];
    if (!function.isEntry || function.isDeclaration)
      continue;
    StatusOr<Layout> layout = Layout::of(*module, index);
    if (!layout)
      return layout.message();
    for (KernelVariant variant :
         {KernelVariant::Whole, KernelVariant::Partial}) {
      llvm::LLVMContext context;
      StatusOr<std::unique_ptr<llvm::Module>> kernel =
          emitKernel(context, *module, *layout, sites, options, HostFeatures(),
                     variant, "kernel", "record");
      if (!kernel)
        return kernel.message();
      std::string problem;
      llvm::raw_string_ostream stream(problem);
      if (llvm::verifyModule(**kernel, &stream))
        ADD_FAILURE() << problem << "\n" << text;
    }
  }
  return {};
}
