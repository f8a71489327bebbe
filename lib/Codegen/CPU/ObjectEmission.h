//===- ObjectEmission.h - From MLIR to a shared object ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_OBJECTEMISSION_H
#define LIB_CODEGEN_CPU_OBJECTEMISSION_H

#include "lib/Codegen/CPU/CodegenCPU.h"

#include "mlir/IR/BuiltinOps.h"

namespace weft {

/// An ELF object of each module in `kernels`, in the LLVM dialect.
mlir::FailureOr<std::vector<std::string>> emitObjects(mlir::ModuleOp kernels,
                                                      const CPUTarget &target);

/// An ELF object that holds the kernel table.
mlir::FailureOr<std::string> emitTableObject(llvm::StringRef table,
                                             const CPUTarget &target,
                                             mlir::Location location);

/// Links objects to one shared object that imports nothing.
mlir::FailureOr<std::string>
linkSharedObject(llvm::ArrayRef<std::string> objects, mlir::Location location);

} // namespace weft

#endif // LIB_CODEGEN_CPU_OBJECTEMISSION_H
