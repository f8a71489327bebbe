//===- GemmCommand.h - Kernels that a library computes ---------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CONVERSION_LLMTOEXEC_GEMMCOMMAND_H
#define LIB_CONVERSION_LLMTOEXEC_GEMMCOMMAND_H

#include "dialects/Exec/IR/Exec.h"
#include "dialects/LLM/Analysis/LibraryProduct.h"

namespace weft {

/// A kernel as an `exec.gemm`.
class GemmCommand {
public:
  /// Nothing for a kernel that is no plain product of operands of one type.
  static std::optional<GemmCommand> of(KernelOp kernel, SizeAnalysis &sizes);

  /// `buffers` are those of the kernel's launch: its operands, then the result.
  void create(mlir::OpBuilder &builder, mlir::Location location,
              llvm::StringRef kernel, mlir::ValueRange buffers,
              SizesAttr launchSizes) const;

private:
  LibraryProduct::Extents extents;
  /// Numbers of operands.
  unsigned lhs, rhs;
  std::optional<unsigned> bias;
  bool transposesRhs;
  mlir::Type type, output;
  llvm::StringRef epilogue;
};

} // namespace weft

#endif // LIB_CONVERSION_LLMTOEXEC_GEMMCOMMAND_H
