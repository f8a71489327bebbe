//===- ExecutorGemm.cpp - Products, by a library or a kernel --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/executor/Executor.h"

using namespace weft;

Status Executor::findProducts(const ProgramVariant &program) {
  // A library is opened for programs that need it.
  if (program.gemms.empty())
    return Status::ok();
  Status library = device.openMatrixLibrary();
  multipliesByLibrary = library.isOk();
  if (library)
    return library;
  for (const Op &op : program.ops)
    if (op.kind == Op::Kind::Gemm && !program.gemms[op.index].launch)
      return Status::error("node '" + printable(op.node) +
                           "' is a product without a kernel of its own, and " +
                           device.name() + " has no matrix library (" +
                           library.message() +
                           "); install cuBLASLt, or compile with "
                           "--gemm=generated");
  residents.notes.insert(device.name() +
                         " multiplies matrices by kernels of the artifact (" +
                         library.message() + ")");
  return Status::ok();
}

Status Executor::multiply(const Op &op) {
  const GemmOp &gemm = current->variant->program.gemms[op.index];
  const ExecutionPlan::Gemm &numbers = current->plan->gemm(op.index);
  // Without a library `findProducts` found a kernel.
  if (!multipliesByLibrary)
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
