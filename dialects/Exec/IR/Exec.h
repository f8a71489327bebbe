//===- Exec.h - The exec dialect -------------------------------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_EXEC_IR_EXEC_H
#define DIALECTS_EXEC_IR_EXEC_H

#include "dialects/LLM/IR/LLM.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace weft::exec {

/// A buffer that a command reads or writes.
struct BufferUse {
  mlir::Value buffer;
  bool writes;
};

/// On a kernel's function: how many size parameters it has.
inline constexpr llvm::StringLiteral kernelSizesAttrName = "exec.sizes";
/// On a weight's initializer that needs to know its rank: the value of each
/// size parameter, over mesh coordinates.
inline constexpr llvm::StringLiteral sizeValuesAttrName = "exec.size_values";

/// The one expression of an attribute that holds one.
SizeExpr getSize(SizesAttr attr);
/// An attribute that holds one expression.
SizesAttr getSizeAttr(mlir::MLIRContext *context, const SizeExpr &size);

/// Bytes that one element takes in a buffer: an i1 takes one. 0 for a type that
/// no buffer holds.
unsigned getElementBytes(mlir::Type elementType);

/// The buffer that `buffer` is a view of, through any number of views.
mlir::Value getRootBuffer(mlir::Value buffer);

/// The name of the model's node that an op comes from, for traces and errors:
/// the first name in its location, empty when there is none.
std::string getNodeName(mlir::Location location);

} // namespace weft::exec

#include "dialects/Exec/IR/ExecDialect.h.inc"
#include "dialects/Exec/IR/ExecEnums.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/Exec/IR/ExecTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Exec/IR/ExecAttributes.h.inc"
#include "dialects/Exec/IR/ExecInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/Exec/IR/ExecOps.h.inc"

#endif // DIALECTS_EXEC_IR_EXEC_H
