//===- ExecutionPlanGemm.cpp - The numbers of a product -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/ExecutionPlan.h"

using namespace weft;

static constexpr uint64_t operandAlignment = 64; // MatrixProduct
// Matrix libraries count rows, columns and batches in int.
static constexpr uint64_t maximumSize = INT32_MAX;

Status ExecutionPlan::checkOperand(uint32_t buffer,
                                   std::initializer_list<uint64_t> sizes,
                                   DataType type, const char *what) const {
  uint64_t bytes = byteWidth(type);
  for (uint64_t size : sizes)
    if (__builtin_mul_overflow(bytes, size, &bytes))
      return Status::error(std::string(what) + " has more than 2^64 bytes");
  WEFT_RETURN_IF_ERROR(checkRange(buffer, 0, bytes, what));
  if (rootOffsets[buffer] % operandAlignment != 0)
    return Status::error(
        std::string(what) + " buffer " + std::to_string(buffer) + " at byte " +
        std::to_string(rootOffsets[buffer]) + "; expected a multiple of 64");
  return Status::ok();
}

Status ExecutionPlan::resolveGemm(uint32_t index) {
  const GemmOp &op = variant.gemms[index];
  Gemm &gemm = gemms[index];
  WEFT_RETURN_IF_ERROR(get(op.m, "a product's m", gemm.m));
  WEFT_RETURN_IF_ERROR(get(op.n, "a product's n", gemm.n));
  WEFT_RETURN_IF_ERROR(get(op.k, "a product's k", gemm.k));
  WEFT_RETURN_IF_ERROR(get(op.batch, "a product's batch", gemm.batch));
  for (uint64_t size : {gemm.m, gemm.n, gemm.k, gemm.batch})
    if (size > maximumSize)
      return Status::error("a product of size " + std::to_string(size) +
                           "; expected at most 2147483647");
  WEFT_RETURN_IF_ERROR(checkOperand(op.a, {gemm.batch, gemm.m, gemm.k}, op.type,
                                    "a product reads"));
  WEFT_RETURN_IF_ERROR(checkOperand(op.b, {gemm.batch, gemm.k, gemm.n}, op.type,
                                    "a product reads"));
  if (op.bias)
    WEFT_RETURN_IF_ERROR(
        checkOperand(*op.bias, {gemm.n}, op.output, "a product reads"));
  WEFT_RETURN_IF_ERROR(checkOperand(op.d, {gemm.batch, gemm.m, gemm.n},
                                    op.output, "a product writes"));
  return op.launch ? resolveLaunch(*op.launch) : Status::ok();
}
