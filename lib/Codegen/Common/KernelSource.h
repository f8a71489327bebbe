//===- KernelSource.h - What is made into a kernel --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_KERNELSOURCE_H
#define LIB_CODEGEN_COMMON_KERNELSOURCE_H

#include "dialects/LLM/IR/Sizes.h"

#include "mlir/IR/Block.h"
#include "mlir/IR/Location.h"

namespace weft {

/// One kernel to compile: the body of an `llm.kernel` or of a function.
struct KernelSource {
  /// The exported symbol.
  std::string name;
  /// Arguments are tensors: the buffers that are read, in their order. The
  /// terminator has one operand, the last buffer. In between are `llm` ops
  /// whose sizes refer to s0, s1, ... only; `load_weight` is not among them.
  mlir::Block *body = nullptr;
  /// Sizes of each argument over s0, s1, ...
  llvm::SmallVector<Sizes> argumentSizes;
  /// Number of the parameters s0, s1, ...
  unsigned sizeCount = 0;
  mlir::Location location;
  /// A cast to bf16 or f16 that makes an infinity of a number sets
  /// WEFT_ERROR_OVERFLOW. For weights: an activation's overflow is no error.
  bool reportsOverflow = false;
  /// It stands in for one command, so that one kernel computes all of it. On
  /// GPUs other products may become several.
  bool isOneKernel = false;
};

/// Whether the body is what KernelSource says, with a diagnostic.
mlir::LogicalResult checkKernelSource(const KernelSource &source);

} // namespace weft

#endif // LIB_CODEGEN_COMMON_KERNELSOURCE_H
