//===- GemmCheck.cpp - Is this product sound? -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/ManifestCheck.h"
#include "runtime/base/Text.h"

using namespace weft;

static std::string nameOf(artifact::DataType type) {
  return artifact::DataType_IsValid(type) ? artifact::DataType_Name(type)
                                          : "type " + std::to_string(type);
}

Status weft::checkGemm(const artifact::Gemm &gemm) {
  if (gemm.type() != artifact::F16 && gemm.type() != artifact::BF16 &&
      gemm.type() != artifact::F32)
    return Status::error("is a product of " + nameOf(gemm.type()) +
                         "; expected F16, BF16 or F32");
  if (gemm.accumulate() != artifact::F32)
    return Status::error("is a product summed in " + nameOf(gemm.accumulate()) +
                         "; expected F32");
  if (gemm.output() != gemm.type() && gemm.output() != artifact::F32)
    return Status::error("is a product of " + nameOf(gemm.type()) + " to " +
                         nameOf(gemm.output()) +
                         "; expected the type of its operands or F32");
  const std::string &epilogue = gemm.epilogue();
  if (!epilogue.empty() && epilogue != "relu" && epilogue != "gelu")
    return Status::error("has unknown epilogue '" + printable(epilogue) +
                         "'; expected relu, gelu or none");
  if (gemm.d() == gemm.a() || gemm.d() == gemm.b())
    return Status::error("has buffer " + std::to_string(gemm.d()) +
                         " as an operand and as its result");
  return Status::ok();
}
