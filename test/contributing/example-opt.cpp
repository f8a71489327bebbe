//===- example-opt.cpp - llm-opt with the op of CONTRIBUTING.md -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/InitAll.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

namespace weft::example {
void registerDialect(mlir::DialectRegistry &registry);
} // namespace weft::example

int main(int argc, char **argv) {
  weft::registerAllPasses();
  mlir::DialectRegistry registry;
  weft::registerAllDialects(registry);
  weft::example::registerDialect(registry);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "llm-opt with an example op\n", registry));
}
