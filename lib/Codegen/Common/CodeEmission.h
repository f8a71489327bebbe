//===- CodeEmission.h - What LLVM's backends write --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_CODEEMISSION_H
#define LIB_CODEGEN_COMMON_CODEEMISSION_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Target/TargetMachine.h"

namespace weft {

/// A backend that contracts products and sums where an emitter says so, nowhere
/// else; null when this LLVM does not have it.
std::unique_ptr<llvm::TargetMachine>
makeTargetMachine(const llvm::Triple &triple, llvm::StringRef processor,
                  llvm::StringRef features,
                  std::optional<llvm::Reloc::Model> relocation,
                  llvm::CodeGenOptLevel level);

/// Gives a module the machine's triple and layout.
void setTarget(llvm::Module &module, llvm::TargetMachine &machine);

/// Emitted kernels need little: the address arithmetic and the loads that are
/// the same in every iteration leave their loops.
void optimizeKernel(llvm::Module &module, llvm::TargetMachine &machine);

/// What the backend writes of a module. Fails without a diagnostic when it has
/// no such form.
mlir::FailureOr<std::string> emitFile(llvm::Module &module,
                                      llvm::TargetMachine &machine,
                                      llvm::CodeGenFileType type);

/// Translates each module in `kernels`, in the LLVM dialect, to LLVM IR and
/// runs `compile` on it, side by side; the results in their order.
mlir::FailureOr<std::vector<std::string>> compileEach(
    mlir::ModuleOp kernels,
    llvm::function_ref<mlir::FailureOr<std::string>(llvm::Module &)> compile);

} // namespace weft

#endif // LIB_CODEGEN_COMMON_CODEEMISSION_H
