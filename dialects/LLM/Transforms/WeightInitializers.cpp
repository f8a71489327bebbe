//===- WeightInitializers.cpp - Weights computed at packaging -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/WeightInitializers.h"

#include "dialects/LLM/Transforms/BlockLayouts.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OperationSupport.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {

WeightInitializers::WeightInitializers(ModuleOp module)
    : module(module), symbols(module) {
  for (auto weight : module.getOps<WeightOp>()) {
    weights.push_back(weight);
    if (!weight.getInitializer())
      continue;
    auto function = symbols.lookup<func::FuncOp>(*weight.getInitializer());
    if (function && !llvm::is_contained(functions, function))
      functions.push_back(function);
  }
}

/// The argument of `body` that stands for `weight`.
static Value argumentFor(WeightOp weight, Block &body,
                         SmallVectorImpl<Attribute> &sources) {
  auto name = FlatSymbolRefAttr::get(weight);
  auto found = llvm::find(sources, name);
  if (found != sources.end())
    return body.getArgument(found - sources.begin());
  sources.push_back(name);
  return body.addArgument(weight.getTensorType(), weight.getLoc());
}

Value WeightInitializers::cloneSource(WeightOp weight, OpBuilder &builder,
                                      Block &body,
                                      SmallVectorImpl<Attribute> &sources) {
  auto function = weight.getInitializer()
                      ? symbols.lookup<func::FuncOp>(*weight.getInitializer())
                      : func::FuncOp();
  if (!function || !weight.getSources())
    return argumentFor(weight, body, sources);
  // One function from the bytes of the file, however many passes added to it.
  replaced.push_back(weight);
  Block &inner = function.getBody().front();
  IRMapping mapping;
  for (auto [argument, source] :
       llvm::zip_equal(inner.getArguments(), *weight.getSources())) {
    auto name = cast<FlatSymbolRefAttr>(source).getValue();
    mapping.map(argument, cloneSource(lookup(name), builder, body, sources));
  }
  for (Operation &op : inner.without_terminator())
    builder.clone(op, mapping);
  return mapping.lookup(inner.getTerminator()->getOperand(0));
}

Value WeightInitializers::clone(Value value, OpBuilder &builder, Block &body,
                                IRMapping &mapping,
                                SmallVectorImpl<Attribute> &sources) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  if (auto load = dyn_cast<LoadWeightOp>(op)) {
    WeightOp weight = lookup(load.getWeight());
    replaced.push_back(weight);
    Value source = cloneSource(weight, builder, body, sources);
    mapping.map(value, source);
    return source;
  }
  for (Value operand : op->getOperands())
    clone(operand, builder, body, mapping, sources);
  return builder.clone(*op, mapping)->getResult(0);
}

func::FuncOp WeightInitializers::share(func::FuncOp function) {
  for (func::FuncOp other : functions) {
    if (other.getFunctionType() != function.getFunctionType() ||
        !OperationEquivalence::isRegionEquivalentTo(
            &other.getBody(), &function.getBody(),
            OperationEquivalence::IgnoreLocations))
      continue;
    function.erase();
    return other;
  }
  module.push_back(function);
  symbols.insert(function);
  functions.push_back(function);
  return function;
}

/// The names of the ops in `body`: "transpose_reshape".
static std::string nameOf(Block &body) {
  std::string name;
  for (Operation &op : body.without_terminator()) {
    if (isa<ConstantOp, BitcastOp>(op))
      continue;
    if (!name.empty())
      name += '_';
    name += op.getName().stripDialect();
  }
  return name.empty() ? "bitcast" : name;
}

WeightOp WeightInitializers::hoist(Value value, StringRef suffix) {
  MLIRContext *context = module.getContext();
  Location location = value.getLoc();
  auto type = cast<RankedTensorType>(value.getType());

  // Arguments are found while the body is cloned; the type follows.
  auto function = func::FuncOp::create(location, "initializer",
                                       FunctionType::get(context, {}, {type}));
  Block &body = function.getBody().emplaceBlock();
  auto builder = OpBuilder::atBlockEnd(&body);
  IRMapping mapping;
  SmallVector<Attribute> sources;
  Value result = clone(value, builder, body, mapping, sources);
  func::ReturnOp::create(builder, location, result);
  moveBlocksAsBytes(body);
  function.setFunctionType(
      FunctionType::get(context, body.getArgumentTypes(), {type}));
  function.setPrivate();
  function.setName(nameOf(body));
  function = share(function);

  auto initializer = FlatSymbolRefAttr::get(function);
  auto sourcesAttr = ArrayAttr::get(context, sources);
  for (WeightOp other : weights)
    if (other.getInitializerAttr() == initializer &&
        other.getSourcesAttr() == sourcesAttr)
      return other;

  auto first = cast<FlatSymbolRefAttr>(sources.front()).getValue();
  WeightOp source = lookup(first);
  builder.setInsertionPointAfter(source);
  auto weight = WeightOp::create(
      builder, location, builder.getStringAttr(first + "." + suffix),
      TypeAttr::get(type), /*file=*/nullptr, builder.getI64IntegerAttr(0),
      initializer, sourcesAttr);
  symbols.insert(weight);
  weights.push_back(weight);
  return weight;
}

void WeightInitializers::eraseUnused() {
  for (WeightOp weight : replaced) {
    if (!llvm::is_contained(weights, weight) ||
        !SymbolTable::symbolKnownUseEmpty(weight, module))
      continue;
    llvm::erase(weights, weight);
    symbols.erase(weight);
  }
  replaced.clear();
  llvm::erase_if(functions, [&](func::FuncOp function) {
    if (!SymbolTable::symbolKnownUseEmpty(function, module))
      return false;
    symbols.erase(function);
    return true;
  });
}

} // namespace weft
