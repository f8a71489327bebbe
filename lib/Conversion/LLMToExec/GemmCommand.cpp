//===- GemmCommand.cpp - Kernels that a library computes ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Conversion/LLMToExec/GemmCommand.h"

using namespace mlir;

namespace weft {

std::optional<GemmCommand> GemmCommand::of(KernelOp kernel,
                                           SizeAnalysis &sizes) {
  std::optional<LibraryProduct> product = LibraryProduct::of(kernel);
  if (!product || !product->hasOneType())
    return std::nullopt;
  auto extents = product->getExtents(kernel, sizes);
  if (!extents)
    return std::nullopt;
  GemmCommand command;
  command.extents = *extents;
  command.lhs = product->lhs.getArgNumber();
  command.rhs = product->rhs.getArgNumber();
  if (product->bias)
    command.bias = product->bias.getArgNumber();
  command.transposesRhs = product->isLinear;
  command.type = product->lhsElement();
  command.output = product->output;
  command.epilogue = product->epilogue;
  return command;
}

void GemmCommand::create(OpBuilder &builder, Location location,
                         StringRef kernel, ValueRange buffers,
                         SizesAttr launchSizes) const {
  MLIRContext *context = builder.getContext();
  auto size = [&](const SizeExpr &expr) {
    return exec::getSizeAttr(context, expr);
  };
  exec::GemmOp::create(
      builder, location, buffers[lhs], buffers[rhs],
      bias ? buffers[*bias] : Value(), buffers.back(), size(extents.m),
      size(extents.n), size(extents.k), size(extents.batch),
      /*transpose_a=*/false, transposesRhs, type, output, builder.getF32Type(),
      epilogue, FlatSymbolRefAttr::get(context, kernel), buffers, launchSizes);
}

} // namespace weft
