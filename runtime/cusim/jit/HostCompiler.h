//===- HostCompiler.h - LLVM modules to object files ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_JIT_HOSTCOMPILER_H
#define RUNTIME_CUSIM_JIT_HOSTCOMPILER_H

#include "runtime/cusim/emit/KernelModule.h"
#include "weft/Status.h"

#include <memory>
#include <string>
#include <vector>

namespace llvm {
class TargetMachine;
} // namespace llvm

namespace weft::cusim {

/// Optimizes for the processor that this program runs on, code of one width.
class HostCompiler {
public:
  static StatusOr<std::unique_ptr<HostCompiler>> create(unsigned width);
  ~HostCompiler();

  const HostFeatures &features() const { return hostFeatures; }
  /// Processor, its features and LLVM's version: what object files depend on
  /// beside their module.
  const std::string &description() const { return text; }

  /// Readies an empty module for the emitter's code.
  void setTarget(llvm::Module &module) const;
  /// Optimizes `module` and writes an ELF object.
  StatusOr<std::vector<uint8_t>> compile(llvm::Module &module) const;

private:
  HostCompiler();
  std::unique_ptr<llvm::TargetMachine> machine;
  HostFeatures hostFeatures;
  uint64_t frameLimit = 0;
  std::string text;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_JIT_HOSTCOMPILER_H
