//===- SymbolOps.cpp - Weights, symbolic sizes and constants --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Scalars.h"
#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace weft {

//===----------------------------------------------------------------------===//
// Weight
//===----------------------------------------------------------------------===//

// llm.weight @name : type in "file" at offset
// llm.weight @name : type from @initializer(@source, ...)
ParseResult WeightOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  Type type;
  if (parser.parseSymbolName(name, getSymNameAttrName(result.name),
                             result.attributes) ||
      parser.parseColonType(type))
    return failure();
  result.addAttribute(getTypeAttrName(result.name), TypeAttr::get(type));
  if (succeeded(parser.parseOptionalKeyword("in"))) {
    StringAttr file;
    IntegerAttr offset;
    if (parser.parseAttribute(file, getFileAttrName(result.name),
                              result.attributes) ||
        parser.parseKeyword("at") ||
        parser.parseAttribute(offset, parser.getBuilder().getI64Type(),
                              getOffsetAttrName(result.name),
                              result.attributes))
      return failure();
  } else if (succeeded(parser.parseOptionalKeyword("from"))) {
    FlatSymbolRefAttr initializer;
    SmallVector<Attribute> sources;
    auto parseSource = [&] {
      FlatSymbolRefAttr source;
      if (parser.parseAttribute(source))
        return failure();
      sources.push_back(source);
      return success();
    };
    if (parser.parseAttribute(initializer, getInitializerAttrName(result.name),
                              result.attributes) ||
        parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren,
                                       parseSource))
      return failure();
    result.addAttribute(getSourcesAttrName(result.name),
                        parser.getBuilder().getArrayAttr(sources));
  }
  return parser.parseOptionalAttrDictWithKeyword(result.attributes);
}

void WeightOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << " : " << getType();
  if (getFile())
    printer << " in " << getFileAttr() << " at " << getOffset();
  if (getInitializer()) {
    printer << " from " << getInitializerAttr() << '(';
    if (getSources())
      llvm::interleaveComma(*getSources(), printer);
    printer << ')';
  }
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(),
      {"sym_name", "type", "file", "offset", "initializer", "sources"});
}

LogicalResult WeightOp::verify() {
  if (getFile().has_value() == getInitializer().has_value())
    return emitOpError("needs either a file or an initializer, but has ")
           << (getFile() ? "both" : "none");
  if (getFile() && getFile()->empty())
    return emitOpError("has an empty file name");
  if (int64_t(getOffset()) < 0)
    return emitOpError("offset is ")
           << int64_t(getOffset()) << " but needs to be 0 or more";
  if (!getStorageBytes(getTensorType()))
    return emitOpError("type ")
           << getTensorType()
           << " is not whole blocks, or more bytes than 63 bits count";
  if (getInitializer() && getOffset() != 0)
    return emitOpError("has an initializer, so that it has no offset");
  if (getInitializer().has_value() != getSources().has_value())
    return emitOpError("needs an initializer and sources together");
  if (ArrayAttr sources = getSourcesAttr())
    for (Attribute source : sources)
      if (!isa<FlatSymbolRefAttr>(source))
        return emitOpError("source ") << source << " is not a symbol";
  return success();
}

LogicalResult WeightOp::verifySymbolUses(SymbolTableCollection &symbolTables) {
  if (!getInitializer())
    return success();
  Operation *found =
      symbolTables.lookupNearestSymbolFrom(*this, getInitializerAttr());
  auto initializer = dyn_cast_if_present<func::FuncOp>(found);
  if (!initializer)
    return emitOpError("initializer ")
           << getInitializerAttr() << " is not a function of this module";
  SmallVector<Type> types;
  for (Attribute attribute : getSourcesAttr()) {
    auto source = symbolTables.lookupNearestSymbolFrom<WeightOp>(
        *this, cast<FlatSymbolRefAttr>(attribute));
    if (!source)
      return emitOpError("source ")
             << attribute << " is not a weight of this module";
    types.push_back(source.getType());
  }
  auto expected = FunctionType::get(getContext(), types, getType());
  if (initializer.getFunctionType() != expected)
    return emitOpError("initializer ")
           << getInitializerAttr() << " has type "
           << initializer.getFunctionType() << " but needs " << expected;
  return success();
}

//===----------------------------------------------------------------------===//
// LoadWeight
//===----------------------------------------------------------------------===//

LogicalResult
LoadWeightOp::verifySymbolUses(SymbolTableCollection &symbolTables) {
  auto weight =
      symbolTables.lookupNearestSymbolFrom<WeightOp>(*this, getWeightAttr());
  if (!weight)
    return emitOpError() << getWeightAttr()
                         << " is not a weight of this module";
  if (weight.getType() != getType())
    return emitOpError("result type ") << getType() << " differs from "
                                       << weight.getType() << " of the weight";
  return success();
}

Sizes LoadWeightOp::reifySizes(ArrayRef<Sizes>) {
  return constantSizes(getType().getShape());
}

ShardingRule LoadWeightOp::getShardingRule(ArrayRef<Sizes> operands,
                                           const Sizes &result) {
  return elementwiseRule(operands, result);
}

Cost LoadWeightOp::getCost(ArrayRef<Sizes>, const Sizes &) {
  return {}; // Its users read it.
}

FailureOr<HostTensor> LoadWeightOp::evaluate(ArrayRef<HostTensor>,
                                             const Evaluation &evaluation) {
  if (!evaluation.weight)
    return evaluation.emitError("'llm.load_weight' op needs the weight " +
                                getWeight() + ", and none were given");
  return evaluation.weight(getWeight());
}

//===----------------------------------------------------------------------===//
// Tokenizer
//===----------------------------------------------------------------------===//

LogicalResult TokenizerOp::verify() {
  if (getFile().empty())
    return emitOpError("has an empty file name");
  return success();
}

//===----------------------------------------------------------------------===//
// Size
//===----------------------------------------------------------------------===//

LogicalResult SizeOp::verify() {
  int64_t minimum = getMinimum(), maximum = getMaximum(),
          divisor = getDivisor();
  if (!SizeExpr::isSymbolName(getSymName().str()))
    return emitOpError("name \"")
           << getSymName()
           << "\" needs to be a letter or _, then letters, digits, _ or .";
  if (minimum < 0 || minimum > maximum)
    return emitOpError("range(")
           << minimum << ", " << maximum << ") needs 0 <= minimum <= maximum";
  if (divisor < 1)
    return emitOpError("divisor is ")
           << divisor << " but needs to be 1 or more";
  if (maximum / divisor * divisor < minimum)
    return emitOpError("has no multiple of ")
           << divisor << " in range(" << minimum << ", " << maximum << ")";
  return success();
}

//===----------------------------------------------------------------------===//
// Constant
//===----------------------------------------------------------------------===//

LogicalResult ConstantOp::verify() {
  if (!isa<DenseElementsAttr>(getValue()))
    return emitOpError("value is not a dense attribute");
  return success();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

Sizes ConstantOp::reifySizes(ArrayRef<Sizes>) {
  return constantSizes(getType().getShape());
}

ShardingRule ConstantOp::getShardingRule(ArrayRef<Sizes> operands,
                                         const Sizes &result) {
  RuleBuilder rule(operands, result); // Its value is in the attribute.
  return rule.take();
}

Cost ConstantOp::getCost(ArrayRef<Sizes>, const Sizes &) {
  return {}; // Its users read it.
}

FailureOr<HostTensor> ConstantOp::evaluate(ArrayRef<HostTensor> operands,
                                           const Evaluation &evaluation) {
  // One number may stand for more elements than memory holds.
  ShapeCheck check(*this, operands, evaluation);
  if (failed(check.makeResult()))
    return failure();
  return HostTensor::ofAttribute(cast<DenseElementsAttr>(getValue()));
}

//===----------------------------------------------------------------------===//
// SizesToTensor
//===----------------------------------------------------------------------===//

LogicalResult SizesToTensorOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  if (type.getRank() > 1)
    return emitOpError("result has rank ")
           << type.getRank() << " but needs rank 0 or 1";
  int64_t count = getSizes().getTexts().size();
  int64_t expected = type.getRank() == 0 ? 1 : type.getDimSize(0);
  if (count != expected)
    return emitOpError("has ")
           << count << " sizes but the result's type is " << type;
  return success();
}

Sizes SizesToTensorOp::reifySizes(ArrayRef<Sizes>) {
  return constantSizes(cast<RankedTensorType>(getType()).getShape());
}

ShardingRule SizesToTensorOp::getShardingRule(ArrayRef<Sizes> operands,
                                              const Sizes &result) {
  RuleBuilder rule(operands, result);
  return rule.take();
}

Cost SizesToTensorOp::getCost(ArrayRef<Sizes> operands, const Sizes &result) {
  return costOf(*this, operands, result, 0);
}

FailureOr<HostTensor> SizesToTensorOp::evaluate(ArrayRef<HostTensor> operands,
                                                const Evaluation &evaluation) {
  auto values = evaluation.evaluate(getSizes().getExprs());
  if (failed(values))
    return failure();
  ShapeCheck check(*this, operands, evaluation);
  FailureOr<HostTensor> result = check.makeResult();
  if (failed(result))
    return failure();
  for (auto [to, value] : llvm::zip_equal(result->integers(), *values))
    to = wrapInteger(value, result->getElementType());
  return result;
}

OpFoldResult SizesToTensorOp::fold(FoldAdaptor) { return {}; }

} // namespace weft
