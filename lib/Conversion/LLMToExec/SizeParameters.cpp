//===- SizeParameters.cpp - Sizes as parameters of a function -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Conversion/LLMToExec/SizeParameters.h"

#include "dialects/Exec/IR/Exec.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
namespace weft {

void SizeParameters::add(ArrayRef<SizeExpr> exprs) {
  for (const SizeExpr &expr : exprs) {
    // Sorted, so that names do not depend on the order of terms.
    std::set<std::string> names;
    (void)expr.substitute([&](std::string_view name) {
      names.insert(std::string(name));
      return std::optional<SizeExpr>();
    });
    for (const std::string &name : names)
      if (parameters.try_emplace(name, values.size()).second)
        // The text form of a symbol or a coordinate is its name.
        values.push_back(*SizeExpr::parse(name));
  }
}

void SizeParameters::add(Region &region) {
  region.walk([&](Operation *op) {
    for (NamedAttribute attribute : op->getAttrs())
      attribute.getValue().walk([&](SizesAttr attr) { add(attr.getExprs()); });
  });
}

SizesAttr SizeParameters::rename(SizesAttr attr) const {
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

void SizeParameters::apply(func::FuncOp function) const {
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](SizesAttr attr) {
    return std::pair<Attribute, WalkResult>(rename(attr), WalkResult::skip());
  });
  replacer.recursivelyReplaceElementsIn(function);
  function->setAttr(exec::kernelSizesAttrName,
                    Builder(function).getI64IntegerAttr(values.size()));
}

} // namespace weft
