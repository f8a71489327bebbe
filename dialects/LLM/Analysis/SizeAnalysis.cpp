//===- SizeAnalysis.cpp - The sizes of every value ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Analysis/SizeAnalysis.h"

#include "dialects/LLM/IR/LLM.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace weft;

SizeAnalysis::SizeAnalysis(Operation *operation) : symbols(operation) {
  // In order of definition, so that recursion stays shallow and the names of
  // unknown sizes are stable.
  operation->walk<WalkOrder::PreOrder>([&](Operation *op) {
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (BlockArgument argument : block.getArguments())
          getSizes(argument);
    // A kernel's sizes are those of its body, which is walked next.
    if (!isa<KernelOp>(op))
      for (Value result : op->getResults())
        getSizes(result);
  });
}

const Sizes &SizeAnalysis::getSizes(Value value) {
  if (auto it = known.find(value); it != known.end())
    return it->second;
  Sizes sizes;
  if (isa<RankedTensorType>(value.getType()))
    sizes = derive(value);
  return known[value] = std::move(sizes);
}

SmallVector<Sizes> SizeAnalysis::getSizes(ValueRange values) {
  SmallVector<Sizes> all;
  for (Value value : values)
    all.push_back(getSizes(value));
  return all;
}

SizeExpr SizeAnalysis::getNumElements(Value value) {
  SizeExpr product(1);
  for (const SizeExpr &size : getSizes(value))
    product = product * size;
  return product;
}

bool SizeAnalysis::haveSameSizes(Value lhs, Value rhs) {
  Sizes left = getSizes(lhs);
  return left == getSizes(rhs);
}

Sizes SizeAnalysis::derive(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.hasStaticShape())
    return refine(value, {});
  if (auto argument = dyn_cast<BlockArgument>(value))
    return refine(value, deriveArgument(argument));
  Operation *op = value.getDefiningOp();
  if (auto kernel = dyn_cast<KernelOp>(op))
    return refine(
        value,
        getSizes(kernel.getBody().front().getTerminator()->getOperand(0)));
  if (auto model = dyn_cast<ModelOpInterface>(op))
    return refine(value, model.reifySizes(getSizes(op->getOperands())));
  return refine(value, {});
}

Sizes SizeAnalysis::deriveArgument(BlockArgument argument) {
  Operation *parent = argument.getOwner()->getParentOp();
  if (auto kernel = dyn_cast<KernelOp>(parent))
    return getSizes(kernel.getInputs()[argument.getArgNumber()]);
  auto function = dyn_cast<FunctionOpInterface>(parent);
  if (!function || !argument.getOwner()->isEntryBlock())
    return {};
  auto sizes = function.getArgAttrOfType<SizesAttr>(argument.getArgNumber(),
                                                    "llm.sizes");
  return sizes ? sizes.getExprs() : Sizes();
}

Sizes SizeAnalysis::refine(Value value, Sizes derived) {
  auto type = cast<RankedTensorType>(value.getType());
  Sizes sizes;
  bool isDerived = derived.size() == static_cast<size_t>(type.getRank());
  for (unsigned dimension = 0; dimension < type.getRank(); ++dimension) {
    if (!type.isDynamicDim(dimension))
      sizes.push_back(type.getDimSize(dimension));
    else if (isDerived && derived[dimension].isValid())
      sizes.push_back(std::move(derived[dimension]));
    else
      sizes.push_back(freshSymbol(value, dimension));
  }
  return sizes;
}

SizeExpr SizeAnalysis::freshSymbol(Value value, unsigned dimension) {
  std::string prefix;
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument && isa<FunctionOpInterface>(argument.getOwner()->getParentOp()))
    prefix = "arg" + std::to_string(argument.getArgNumber());
  else
    prefix = "value" + std::to_string(numUnknown++);
  std::string name = prefix + "." + std::to_string(dimension);
  while (symbols.isDeclared(name))
    name += "_";
  return SizeExpr::symbol(name);
}

void SizeAnalysis::notifyOperationErased(Operation *operation) {
  operation->walk([&](Operation *op) {
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (BlockArgument argument : block.getArguments())
          known.erase(argument);
    for (Value result : op->getResults())
      known.erase(result);
  });
}
