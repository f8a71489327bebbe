//===- OutlineKernels.cpp - Bodies of kernels as functions ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Conversion/LLMToExec/OutlineKernels.h"

#include "dialects/Exec/IR/Exec.h"
#include "lib/Conversion/LLMToExec/SizeParameters.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
namespace weft {

/// "linear_gelu" for a kernel of a linear and a gelu: ops that only rearrange
/// or supply values are left out.
static std::string getStem(func::FuncOp function) {
  constexpr size_t mostOps = 4;
  std::string stem;
  size_t ops = 0;
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (isa<ConstantOp, ReshapeOp, SizesToTensorOp>(op))
      continue;
    if (ops++ == mostOps)
      break;
    if (!stem.empty())
      stem += '_';
    stem += op.getName().stripDialect();
  }
  return stem.empty() ? "copy" : stem;
}

static std::string printWithoutName(func::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  function->print(stream, OpPrintingFlags().useLocalScope());
  return text;
}

OutlinedKernel KernelOutliner::outline(KernelOp kernel) {
  SizeParameters parameters;
  SmallVector<SizesAttr> argumentSizes;
  MLIRContext *context = kernel.getContext();
  for (Value input : kernel.getInputs()) {
    Sizes inputSizes = sizes.getSizes(input);
    parameters.add(inputSizes);
    argumentSizes.push_back(SizesAttr::get(context, inputSizes));
  }
  parameters.add(kernel.getBody());

  OpBuilder builder(context);
  auto function = func::FuncOp::create(
      kernel.getLoc(), "kernel",
      builder.getFunctionType(kernel.getInputs().getTypes(),
                              kernel->getResultTypes()));
  function.setPrivate();
  function.getBody().takeBody(kernel.getBody());
  Operation *yield = function.getBody().front().getTerminator();
  builder.setInsertionPoint(yield);
  func::ReturnOp::create(builder, yield->getLoc(), yield->getOperands());
  yield->erase();

  parameters.apply(function);
  for (auto [index, attr] : llvm::enumerate(argumentSizes))
    function.setArgAttr(index, "llm.sizes", parameters.rename(attr));

  auto [entry, isNew] =
      functions.try_emplace(printWithoutName(function), function);
  if (!isNew) {
    function.erase();
    return {entry->second, parameters.getValues()};
  }
  std::string stem = getStem(function);
  std::string name;
  do
    name = stem + "_" + std::to_string(stems[stem]++);
  while (symbols.lookup(name));
  function.setName(name);
  symbols.insert(function, kernel->getParentOp()->getIterator());
  return {function, parameters.getValues()};
}

} // namespace weft
