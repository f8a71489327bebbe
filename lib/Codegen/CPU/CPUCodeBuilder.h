//===- CPUCodeBuilder.h - Instructions of one CPU kernel --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_CPUCODEBUILDER_H
#define LIB_CODEGEN_CPU_CPUCODEBUILDER_H

#include "lib/Codegen/CPU/CodegenCPU.h"
#include "lib/Codegen/Common/ElementEmitter.h"

namespace weft {

/// A function of include/weft/kernel_abi.h.
class CPUCodeBuilder : public CodeBuilder {
public:
  /// Elements that are computed together: a weight panel's width.
  static constexpr int64_t lanes = 16;

  /// Starts the kernel's function at the end of `module`.
  CPUCodeBuilder(mlir::ModuleOp module, const KernelSource &source,
                 const CPUTarget &target);

  const CPUTarget &target;
  /// The work items to compute, and the worker's own memory.
  Value begin, end, scratch;

  static mlir::VectorType vectorOf(mlir::Type element, int64_t size = lanes) {
    return CodeBuilder::vectorOf(element, size);
  }
  void prefetch(Value address);
  void prefetchToSecondCache(Value address);
};

/// That of an emitter of CPU code.
inline CPUCodeBuilder &codeOf(ElementEmitter &emitter) {
  return static_cast<CPUCodeBuilder &>(emitter.code);
}

} // namespace weft

#endif // LIB_CODEGEN_CPU_CPUCODEBUILDER_H
