//===- ProgramProto.h - The exec dialect as Protobuf -----------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PACKAGE_PROGRAMPROTO_H
#define LIB_PACKAGE_PROGRAMPROTO_H

#include "dialects/Exec/IR/Exec.h"
#include "weft/artifact.pb.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace weft {

/// `INVALID` for a type that the format has no number for.
artifact::DataType getDataType(mlir::Type elementType);

/// Elements in row-major order, little endian; an i1 is one byte.
std::string getBytes(mlir::DenseElementsAttr elements);

/// Adds size symbols, states and entry points of `module` to `manifest` and its
/// programs to the manifest's only stage, whose kernels are there already.
/// Fails with a diagnostic at an op that the format cannot hold.
mlir::LogicalResult addPrograms(mlir::ModuleOp module,
                                artifact::Manifest &manifest);

} // namespace weft

#endif // LIB_PACKAGE_PROGRAMPROTO_H
