//===- InitAll.h - Everything that the compiler tools know ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_INITALL_H
#define LIB_INITALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace weft {

/// Our dialects and the upstream ones that our passes read or make.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Our passes and the upstream ones that a pipeline on our IR needs.
void registerAllPasses();

} // namespace weft

#endif // LIB_INITALL_H
