//===- KernelModule.h - A kernel as an LLVM module --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_KERNELMODULE_H
#define RUNTIME_CUSIM_EMIT_KERNELMODULE_H

#include "runtime/cusim/emit/CompileOptions.h"
#include "runtime/cusim/emit/Layout.h"
#include "runtime/cusim/emit/SiteTable.h"
#include "runtime/cusim/ptx/Module.h"
#include "weft/Status.h"

#include <memory>

namespace llvm {
class LLVMContext;
class Module;
} // namespace llvm

namespace weft::cusim {

/// What the processor that will run the code does fast.
struct HostFeatures {
  bool hasGather = false;
  /// Whether it selects from 32 words by a vector of indices (AVX-512).
  bool hasWordPermute = false;
};

/// Kernels whose lanes stay together run whole warps without masks. A warp at
/// the end of a block, which has fewer lanes, then runs other code, which is
/// compiled when the first such warp comes.
enum class KernelVariant : uint8_t { Whole, Partial };

/// Translates the kernel module.functions[layout.functions[0]] and what it
/// calls. The LLVM module has one external function, `symbol`, a
/// KernelFunction; it names hooks and collective functions. The whole variant
/// may name `partialSymbol`, what cusim_partial_kernel finds the other one by.
/// Errors name line and column.
StatusOr<std::unique_ptr<llvm::Module>>
emitKernel(llvm::LLVMContext &context, const ptx::Module &module,
           const Layout &layout, const SiteTable &sites,
           const CompileOptions &options, const HostFeatures &host,
           KernelVariant variant, const std::string &symbol,
           const std::string &partialSymbol);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_KERNELMODULE_H
