//===- LLMDialect.cpp - Registration of the llm dialect -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/LLM.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "dialects/LLM/IR/LLMDialect.cpp.inc"
#include "dialects/LLM/IR/LLMEnums.cpp.inc"
#include "dialects/LLM/IR/LLMInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/LLM/IR/LLMAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/LLM/IR/LLMOps.cpp.inc"

namespace weft {

void LLMDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/LLM/IR/LLMAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/LLM/IR/LLMOps.cpp.inc"
      >();
}

} // namespace weft
