//===- OutlineKernels.cpp - Bodies of kernels as functions ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Conversion/LLMToExec/OutlineKernels.h"

#include "dialects/Exec/IR/Exec.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
namespace weft {

namespace {

/// Names sizes s0, s1, ... in the order in which a kernel mentions them.
class ParameterNames {
public:
  void add(ArrayRef<SizeExpr> exprs) {
    for (const SizeExpr &expr : exprs) {
      std::set<std::string> names;
      expr.collectSymbols(names);
      for (const std::string &name : names)
        if (parameters.try_emplace(name, values.size()).second)
          values.push_back(SizeExpr::symbol(name));
    }
  }

  SizesAttr rename(SizesAttr attr) const {
    Sizes renamed;
    for (const SizeExpr &expr : attr.getExprs())
      renamed.push_back(expr.substitute([&](std::string_view name) {
        auto it = parameters.find(StringRef(name));
        return it == parameters.end()
                   ? std::optional<SizeExpr>()
                   : SizeExpr::symbol("s" + std::to_string(it->second));
      }));
    return SizesAttr::get(attr.getContext(), renamed);
  }

  const Sizes &getValues() const { return values; }

private:
  llvm::StringMap<size_t> parameters;
  Sizes values;
};

} // namespace

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
  ParameterNames names;
  SmallVector<SizesAttr> argumentSizes;
  MLIRContext *context = kernel.getContext();
  for (Value input : kernel.getInputs()) {
    Sizes inputSizes = sizes.getSizes(input);
    names.add(inputSizes);
    argumentSizes.push_back(SizesAttr::get(context, inputSizes));
  }
  kernel.getBody().walk([&](Operation *op) {
    for (NamedAttribute attribute : op->getAttrs())
      attribute.getValue().walk(
          [&](SizesAttr attr) { names.add(attr.getExprs()); });
  });

  OpBuilder builder(context);
  auto function = func::FuncOp::create(
      kernel.getLoc(), "kernel",
      builder.getFunctionType(kernel.getInputs().getTypes(),
                              kernel->getResultTypes()));
  function.setPrivate();
  function->setAttr(exec::kernelSizesAttrName,
                    builder.getI64IntegerAttr(names.getValues().size()));
  function.getBody().takeBody(kernel.getBody());
  Operation *yield = function.getBody().front().getTerminator();
  builder.setInsertionPoint(yield);
  func::ReturnOp::create(builder, yield->getLoc(), yield->getOperands());
  yield->erase();

  AttrTypeReplacer replacer;
  replacer.addReplacement([&](SizesAttr attr) {
    return std::pair<Attribute, WalkResult>(names.rename(attr),
                                            WalkResult::skip());
  });
  replacer.recursivelyReplaceElementsIn(function);
  for (auto [index, attr] : llvm::enumerate(argumentSizes))
    function.setArgAttr(index, "llm.sizes", names.rename(attr));

  auto [entry, isNew] =
      functions.try_emplace(printWithoutName(function), function);
  if (!isNew) {
    function.erase();
    return {entry->second, names.getValues()};
  }
  std::string stem = getStem(function);
  std::string name;
  do
    name = stem + "_" + std::to_string(stems[stem]++);
  while (symbols.lookup(name));
  function.setName(name);
  symbols.insert(function, kernel->getParentOp()->getIterator());
  return {function, names.getValues()};
}

} // namespace weft
