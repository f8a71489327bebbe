//===- ExecutorGemm.cpp - Products, by a library or a kernel --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/executor/Executor.h"

using namespace weft;

Status Executor::checkProducts(const ProgramVariant &program) const {
  if (device.hasMatrixLibrary())
    return Status::ok();
  for (const Op &op : program.ops)
    if (op.kind == Op::Kind::Gemm && !program.gemms[op.index].launch)
      return Status::error("node '" + printable(op.node) +
                           "' is a product without a kernel of its own, and " +
                           device.name() +
                           " has no matrix library; install cuBLASLt, or "
                           "compile with --gemm=generated");
  return Status::ok();
}

Status Executor::multiply(const Op &op) {
  const GemmOp &gemm = current->variant->program.gemms[op.index];
  const ExecutionPlan::Gemm &numbers = current->plan->gemm(op.index);
  // Without a library `checkProducts` found a kernel.
  if (!device.hasMatrixLibrary())
    return launch(op, *gemm.launch);
  MatrixProduct product;
  product.type = gemm.type;
  product.output = gemm.output;
  product.epilogue = gemm.epilogue;
  product.transposeA = gemm.transposeA;
  product.transposeB = gemm.transposeB;
  product.m = numbers.m;
  product.n = numbers.n;
  product.k = numbers.k;
  product.batch = numbers.batch;
  product.a = addresses[gemm.a];
  product.b = addresses[gemm.b];
  product.bias = gemm.bias ? addresses[*gemm.bias] : nullptr;
  product.d = addresses[gemm.d];
  Status status = current->variant->queues[op.queue]->multiply(product);
  if (status)
    return status;
  return Status::error("node '" + printable(op.node) +
                       "': " + status.message());
}
