//===- ImportONNX.h - ONNX files as llm modules -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_IMPORTONNX_H
#define LIB_IMPORT_ONNX_IMPORTONNX_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace weft {

struct ImportOptions {
  /// Tensors of as many bytes or more stay in the file, as `llm.weight`s;
  /// smaller ones become `llm.constant`s.
  uint64_t weightBytes = 4096;
};

/// The graph of an ONNX file as a public function of ops of the llm dialect.
/// Weights stay where they are: an `llm.weight` gives a file, relative to the
/// model's folder, and an offset. Shape arithmetic becomes symbolic sizes. A
/// failure is one diagnostic, which names the file, the node, what was found
/// and what to do; everything that is not supported comes in one.
mlir::OwningOpRef<mlir::ModuleOp> importONNX(llvm::StringRef path,
                                             mlir::MLIRContext *context,
                                             const ImportOptions &options = {});

/// The same of a model in memory, which cannot have external data.
mlir::OwningOpRef<mlir::ModuleOp> importONNX(llvm::MemoryBufferRef model,
                                             mlir::MLIRContext *context,
                                             const ImportOptions &options = {});

} // namespace weft

#endif // LIB_IMPORT_ONNX_IMPORTONNX_H
