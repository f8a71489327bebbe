//===- CompiledModule.h - PTX as machine code -------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_JIT_COMPILEDMODULE_H
#define RUNTIME_CUSIM_JIT_COMPILEDMODULE_H

#include "runtime/cusim/emit/CompileOptions.h"
#include "runtime/cusim/emit/SiteTable.h"
#include "runtime/cusim/machine/Strand.h"
#include "runtime/cusim/ptx/Module.h"
#include "weft/Status.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weft::cusim {

/// An entry, ready to run. Sizes in bytes.
struct CompiledKernel {
  std::string name;
  KernelFunction function = nullptr;
  /// The .entry in CompiledModule::module: parameters, limits.
  const ptx::Function *entry = nullptr;
  uint32_t parameterBytes = 0;
  uint32_t staticSharedBytes = 0;
  /// Of those, what begins as zeros: the system's own.
  uint32_t zeroSharedOffset = 0;
  uint32_t zeroSharedBytes = 0;
  /// Of the entry and all that it calls, for each thread.
  uint32_t localBytes = 0;
};

/// A PTX text, parsed, compiled and loaded. Immutable; shared by all devices.
class CompiledModule {
public:
  virtual ~CompiledModule() = default;

  /// Kernels are compiled when they are first asked for, or taken from the
  /// object cache (a folder; empty: none), whose key is a hash of the text,
  /// the options and this program's version. Errors name line and column.
  static StatusOr<std::shared_ptr<CompiledModule>>
  create(std::string_view ptx, const CompileOptions &options,
         const std::string &cacheFolder);

  virtual const ptx::Module &module() const = 0;
  virtual const CompileOptions &options() const = 0;
  virtual StatusOr<const CompiledKernel *> kernel(const std::string &name) = 0;
  virtual const std::vector<Site> &sites() const = 0;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_JIT_COMPILEDMODULE_H
