//===- LLMDialect.cpp - Registration of the llm dialect -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/AttentionParts.h"
#include "dialects/LLM/IR/Elementwise.h"
#include "dialects/LLM/IR/SizeFolds.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FoldInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "dialects/LLM/IR/LLMDialect.cpp.inc"
#include "dialects/LLM/IR/LLMEnums.cpp.inc"
#include "dialects/LLM/IR/LLMInterfaces.cpp.inc"
// The dialect parses and prints its one attribute itself.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-function"
#define GET_ATTRDEF_CLASSES
#include "dialects/LLM/IR/LLMAttributes.cpp.inc"
#pragma clang diagnostic pop
#define GET_TYPEDEF_CLASSES
#include "dialects/LLM/IR/LLMTypes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/LLM/IR/LLMOps.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/LLM/IR/AttentionPartsOps.cpp.inc"

namespace weft {

/// Larger constants are weights; folding makes none of them.
static constexpr int64_t maxFoldedBytes = 4096;

static bool isSmall(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (!tensor.hasStaticShape() || isa<BlockType>(tensor.getElementType()))
    return false;
  std::optional<int64_t> bytes = getStorageBytes(tensor);
  return bytes && *bytes <= maxFoldedBytes;
}

namespace {
/// Folds any op whose operands are constants by evaluating it, rounded to the
/// type of its result.
struct FoldByEvaluation : DialectFoldInterface {
  using DialectFoldInterface::DialectFoldInterface;

  LogicalResult fold(Operation *op, ArrayRef<Attribute> operands,
                     SmallVectorImpl<OpFoldResult> &results) const override {
    auto model = dyn_cast<ModelOpInterface>(op);
    if (!model || !isSmall(op->getResult(0).getType()))
      return failure();
    SmallVector<HostTensor> tensors;
    for (auto [type, attribute] : llvm::zip(op->getOperandTypes(), operands)) {
      auto dense = dyn_cast_if_present<DenseElementsAttr>(attribute);
      if (!dense || !isSmall(type))
        return failure();
      tensors.push_back(HostTensor::ofAttribute(dense));
    }
    Evaluation evaluation{op->getLoc(), nullptr, nullptr, /*quiet=*/true};
    FailureOr<HostTensor> result = model.evaluate(tensors, evaluation);
    if (failed(result))
      return failure();
    result->roundToElementType();
    results.push_back(result->toAttribute());
    return success();
  }
};
} // namespace

void LLMDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/LLM/IR/LLMTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/LLM/IR/LLMAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/LLM/IR/LLMOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/LLM/IR/AttentionPartsOps.cpp.inc"
      >();
  addInterfaces<FoldByEvaluation>();
}

void LLMDialect::getCanonicalizationPatterns(
    RewritePatternSet &patterns) const {
  populateSizeFoldingPatterns(patterns);
}

Operation *LLMDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                           Type type, Location location) {
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense || dense.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, location, type, dense);
}

Attribute LLMDialect::parseAttribute(DialectAsmParser &parser,
                                     Type type) const {
  StringRef mnemonic;
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseKeyword(&mnemonic))
    return {};
  if (mnemonic != SizesAttr::getMnemonic()) {
    parser.emitError(location) << "unknown attribute `" << mnemonic
                               << "` in dialect `llm`, expected `sizes`";
    return {};
  }
  if (parser.parseLess())
    return {};
  Attribute sizes = SizesAttr::parse(parser, type);
  if (!sizes || parser.parseGreater())
    return {};
  return sizes;
}

void LLMDialect::printAttribute(Attribute attribute,
                                DialectAsmPrinter &printer) const {
  printer << SizesAttr::getMnemonic() << '<';
  cast<SizesAttr>(attribute).print(printer);
  printer << '>';
}

/// `llm.sizes` and `llm.name` of an argument or result of a function.
static LogicalResult verifyValueAttribute(Operation *op, Type type,
                                          NamedAttribute attribute,
                                          const Twine &what) {
  if (attribute.getName() == "llm.name") {
    if (isa<StringAttr>(attribute.getValue()))
      return success();
    return op->emitError() << "llm.name of " << what << " is not a string";
  }
  if (attribute.getName() != "llm.sizes")
    return op->emitError() << "unknown attribute " << attribute.getName()
                           << " of " << what
                           << ", expected llm.sizes or llm.name";
  auto sizes = dyn_cast<SizesAttr>(attribute.getValue());
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!sizes || !tensor)
    return op->emitError() << "llm.sizes of " << what
                           << " needs #llm.sizes and a ranked tensor";
  Sizes exprs = sizes.getExprs();
  if (int64_t(exprs.size()) != tensor.getRank())
    return op->emitError() << "llm.sizes of " << what << " has " << exprs.size()
                           << " sizes but its rank is " << tensor.getRank();
  for (auto [i, expr] : llvm::enumerate(exprs)) {
    std::optional<int64_t> size = expr.asConstant();
    if (size && *size < 0)
      return op->emitError() << "llm.sizes of " << what << " has the negative "
                             << "size " << *size;
    if (!tensor.isDynamicDim(i) && (!size || *size != tensor.getDimSize(i)))
      return op->emitError()
             << "llm.sizes of " << what << " has " << expr.str()
             << " for dimension " << i << " of size " << tensor.getDimSize(i);
  }
  return success();
}

LogicalResult LLMDialect::verifyRegionArgAttribute(Operation *op,
                                                   unsigned region,
                                                   unsigned argument,
                                                   NamedAttribute attribute) {
  // A declaration has no region to take types from.
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function || argument >= function.getNumArguments())
    return op->emitError() << attribute.getName()
                           << " belongs to arguments of a function";
  return verifyValueAttribute(op, function.getArgumentTypes()[argument],
                              attribute, "argument " + Twine(argument));
}

LogicalResult LLMDialect::verifyRegionResultAttribute(
    Operation *op, unsigned region, unsigned result, NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function || result >= function.getNumResults())
    return op->emitError() << attribute.getName()
                           << " belongs to results of a function";
  Type type = function.getResultTypes()[result];
  // In the local form of the dist dialect the type is that of a shard, but the
  // sizes are those of the whole tensor.
  if (auto tensor = dyn_cast<RankedTensorType>(type);
      tensor && function->hasAttr("dist.local"))
    type = tensor.clone(
        SmallVector<int64_t>(tensor.getRank(), ShapedType::kDynamic));
  return verifyValueAttribute(op, type, attribute, "result " + Twine(result));
}

} // namespace weft
