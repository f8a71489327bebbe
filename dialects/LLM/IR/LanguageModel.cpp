//===- LanguageModel.cpp - The step of a language model -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/LanguageModel.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
namespace weft {

DictionaryAttr LanguageModelInfo::toAttribute(MLIRContext *mlirContext) const {
  Builder builder(mlirContext);
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("architecture",
                            builder.getStringAttr(architecture)),
       builder.getNamedAttr("context", builder.getI64IntegerAttr(context))});
}

std::optional<LanguageModelInfo> LanguageModelInfo::of(Attribute attribute) {
  auto fields = dyn_cast_if_present<DictionaryAttr>(attribute);
  if (!fields)
    return std::nullopt;
  auto architecture = fields.getAs<StringAttr>("architecture");
  auto context = fields.getAs<IntegerAttr>("context");
  if (!architecture || !context || fields.size() != 2 ||
      !context.getType().isInteger(64) || context.getInt() < 1)
    return std::nullopt;
  return LanguageModelInfo{architecture.str(), context.getInt()};
}

} // namespace weft
