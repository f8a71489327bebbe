//===- LLM.h - The llm dialect ----------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_LLM_H
#define DIALECTS_LLM_IR_LLM_H

#include "dialects/LLM/IR/HostTensor.h"
#include "dialects/LLM/IR/Sizes.h"
#include "runtime/base/BlockFormat.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace weft {
/// What effects on an `llm.state` are on.
struct StateResource : mlir::SideEffects::Resource::Base<StateResource> {
  llvm::StringRef getName() override { return "llm.state"; }
};
} // namespace weft

#include "dialects/LLM/IR/LLMDialect.h.inc"
#include "dialects/LLM/IR/LLMEnums.h.inc"
#include "dialects/LLM/IR/LLMInterfaces.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/LLM/IR/LLMTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/LLM/IR/LLMAttributes.h.inc"
#define GET_OP_CLASSES
#include "dialects/LLM/IR/LLMOps.h.inc"

namespace weft {

/// True for ops that read operand elements more than once or elsewhere than they
/// write: an `llm.kernel` holds at most one.
bool isKernelAnchor(mlir::Operation *op);

/// Bytes that a tensor of static shape takes in a file and in memory, for every
/// element type: one narrower than a byte takes one, blocks are counted whole.
/// Nothing where that exceeds 63 bits.
std::optional<int64_t> getStorageBytes(mlir::RankedTensorType type);

} // namespace weft

#endif // DIALECTS_LLM_IR_LLM_H
