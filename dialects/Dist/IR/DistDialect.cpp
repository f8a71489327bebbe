//===- DistDialect.cpp - Registration of the dist dialect -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/IR/Sharding.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "dialects/Dist/IR/DistDialect.cpp.inc"
#include "dialects/Dist/IR/DistEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Dist/IR/DistAttributes.cpp.inc"

namespace weft::dist {

void DistDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Dist/IR/DistAttributes.cpp.inc"
      >();
  registerOps();
}

//===----------------------------------------------------------------------===//
// #dist.dimension and #dist.sharding
//===----------------------------------------------------------------------===//

FailureOr<DimensionShardingAttr>
DimensionShardingAttr::parseBare(AsmParser &parser) {
  SmallVector<StringAttr> axes;
  int64_t granule = 1;
  bool isOpen = false;
  auto parseAxis = [&]() -> ParseResult {
    if (isOpen)
      return parser.emitError(parser.getCurrentLocation(),
                              "'?' must be the last in its braces");
    if (succeeded(parser.parseOptionalQuestion())) {
      isOpen = true;
      return success();
    }
    std::string axis;
    if (parser.parseString(&axis))
      return failure();
    axes.push_back(StringAttr::get(parser.getContext(), axis));
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Braces, parseAxis))
    return failure();
  SMLoc location = parser.getCurrentLocation();
  if (succeeded(parser.parseOptionalKeyword("granule")) &&
      parser.parseInteger(granule))
    return failure();
  if (granule < 1)
    return parser.emitError(location, "granule is ")
           << granule << "; expected at least 1";
  return get(parser.getContext(), axes, granule, isOpen);
}

void DimensionShardingAttr::printBare(raw_ostream &os) const {
  os << '{';
  llvm::interleaveComma(getAxes(), os);
  if (getIsOpen())
    os << (getAxes().empty() ? "?" : ", ?");
  os << '}';
  if (getGranule() != 1)
    os << " granule " << getGranule();
}

Attribute DimensionShardingAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<DimensionShardingAttr> dimension = parseBare(parser);
  if (failed(dimension) || parser.parseGreater())
    return {};
  return *dimension;
}

void DimensionShardingAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printBare(printer.getStream());
  printer << '>';
}

Attribute ShardingAttr::parse(AsmParser &parser, Type) {
  SmallVector<DimensionShardingAttr> dimensions;
  auto parseDimension = [&]() -> ParseResult {
    FailureOr<DimensionShardingAttr> dimension =
        DimensionShardingAttr::parseBare(parser);
    if (succeeded(dimension))
      dimensions.push_back(*dimension);
    return success(succeeded(dimension));
  };
  if (parser.parseLess() || parser.parseCommaSeparatedList(
                                AsmParser::Delimiter::Square, parseDimension))
    return {};
  SmallVector<StringAttr> partialAxes;
  ReductionKind reduction = ReductionKind::sum;
  SMLoc location = parser.getCurrentLocation();
  StringRef keyword;
  if (succeeded(parser.parseOptionalKeyword(&keyword))) {
    auto kind = symbolizeReductionKind(keyword);
    if (!kind) {
      parser.emitError(location, "'")
          << keyword << "' is not one of sum, max, min";
      return {};
    }
    reduction = *kind;
    auto parseAxis = [&]() -> ParseResult {
      std::string axis;
      if (parser.parseString(&axis))
        return failure();
      partialAxes.push_back(StringAttr::get(parser.getContext(), axis));
      return success();
    };
    if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Braces, parseAxis))
      return {};
  }
  if (parser.parseGreater())
    return {};
  return get(parser.getContext(), dimensions, partialAxes, reduction);
}

void ShardingAttr::print(AsmPrinter &printer) const {
  raw_ostream &os = printer.getStream();
  os << "<[";
  llvm::interleaveComma(
      getDimensions(), os,
      [&](DimensionShardingAttr dimension) { dimension.printBare(os); });
  os << ']';
  if (isPartial()) {
    os << ' ' << stringifyReductionKind(getReduction()) << " {";
    llvm::interleaveComma(getPartialAxes(), os);
    os << '}';
  }
  os << '>';
}

ShardingAttr ShardingAttr::getReplicated(MLIRContext *context, int64_t rank) {
  auto whole = DimensionShardingAttr::get(context, {}, 1, /*isOpen=*/false);
  return get(context, SmallVector<DimensionShardingAttr>(rank, whole));
}

bool ShardingAttr::isReplicated() const {
  return !isPartial() && llvm::all_of(getDimensions(), [](auto dimension) {
    return dimension.isWhole();
  });
}

bool ShardingAttr::usesAxis(StringAttr axis) const {
  return llvm::is_contained(getPartialAxes(), axis) ||
         llvm::any_of(getDimensions(), [&](DimensionShardingAttr dimension) {
           return llvm::is_contained(dimension.getAxes(), axis);
         });
}

ShardingAttr ShardingAttr::getClosed() const {
  SmallVector<DimensionShardingAttr> dimensions;
  for (DimensionShardingAttr dimension : getDimensions())
    dimensions.push_back(
        DimensionShardingAttr::get(getContext(), dimension.getAxes(),
                                   dimension.getGranule(), /*isOpen=*/false));
  return get(getContext(), dimensions, getPartialAxes(), getReduction());
}

//===----------------------------------------------------------------------===//
// The attribute dist.local
//===----------------------------------------------------------------------===//

bool isInLocalForm(Operation *operation) {
  while (operation && !isa<FunctionOpInterface>(operation))
    operation = operation->getParentOp();
  return operation && operation->hasAttr(localFormAttrName);
}

void setLocalForm(Operation *function) {
  assert(isa<FunctionOpInterface>(function) && "only functions have a form");
  function->setAttr(localFormAttrName, UnitAttr::get(function->getContext()));
}

static LogicalResult verifyLocalForm(Operation *op, Attribute attribute) {
  if (!isa<FunctionOpInterface>(op) || !isa<UnitAttr>(attribute))
    return op->emitError() << localFormAttrName
                           << " is an attribute of functions, without a "
                           << "value";
  if (!Mesh::find(op))
    return op->emitError() << localFormAttrName
                           << ": the module declares no dist.mesh";
  return success();
}

//===----------------------------------------------------------------------===//
// The attributes dist.sharding and dist.origin
//===----------------------------------------------------------------------===//

template <typename AttributeT>
static AttributeT getAttribute(Value value, StringRef name) {
  if (Operation *op = value.getDefiningOp())
    return op->getAttrOfType<AttributeT>(name);
  auto argument = cast<BlockArgument>(value);
  auto function =
      dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
  if (!function)
    return {};
  return function.getArgAttrOfType<AttributeT>(argument.getArgNumber(), name);
}

static void setAttribute(Value value, StringRef name, Attribute attribute) {
  if (Operation *op = value.getDefiningOp())
    return op->setAttr(name, attribute);
  auto argument = cast<BlockArgument>(value);
  auto function = cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
  function.setArgAttr(argument.getArgNumber(), name, attribute);
}

ShardingAttr getSharding(Value value) {
  if (auto reshard = value.getDefiningOp<ReshardOp>())
    return reshard.getTarget();
  return getAttribute<ShardingAttr>(value, shardingAttrName);
}

void setSharding(Value value, ShardingAttr sharding) {
  assert(!value.getDefiningOp<ReshardOp>() && "a reshard's target says it");
  setAttribute(value, shardingAttrName, sharding);
}

StringRef getOrigin(Value value) {
  auto origin = getAttribute<StringAttr>(value, originAttrName);
  return origin ? origin.getValue() : StringRef();
}

void addOrigin(Value value, StringAttr axis, StringRef why) {
  StringRef before = getOrigin(value);
  setAttribute(value, originAttrName,
               StringAttr::get(value.getContext(),
                               before + (before.empty() ? "" : "; ") +
                                   axis.getValue() + ": " + why));
}

static LogicalResult verifyAttribute(Operation *op, NamedAttribute attribute,
                                     Type type, const Twine &what) {
  auto emitError = [&] {
    return op->emitError() << attribute.getName().getValue() << " of " << what
                           << ": ";
  };
  if (attribute.getName() == originAttrName)
    return isa<StringAttr>(attribute.getValue())
               ? success()
               : LogicalResult(emitError() << "expected a string");
  auto sharding = dyn_cast<ShardingAttr>(attribute.getValue());
  if (attribute.getName() != shardingAttrName || !sharding)
    return emitError() << "expected " << shardingAttrName
                       << " and a #dist.sharding";
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return emitError() << "only tensors have a sharding, not " << type;
  std::optional<Mesh> mesh = Mesh::find(op);
  if (!mesh)
    return emitError() << "the module declares no dist.mesh";
  return verifySharding(emitError, sharding, tensor.getRank(), *mesh);
}

LogicalResult DistDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  if (attribute.getName() == localFormAttrName)
    return verifyLocalForm(op, attribute.getValue());
  if (op->getNumResults() != 1)
    return op->emitError() << attribute.getName().getValue()
                           << " is on an op that has not one result";
  return verifyAttribute(op, attribute, op->getResult(0).getType(),
                         "the result");
}

LogicalResult DistDialect::verifyRegionArgAttribute(Operation *op,
                                                    unsigned region,
                                                    unsigned argument,
                                                    NamedAttribute attribute) {
  return verifyAttribute(op, attribute,
                         op->getRegion(region).getArgument(argument).getType(),
                         "argument " + Twine(argument));
}

LogicalResult DistDialect::verifyRegionResultAttribute(
    Operation *op, unsigned, unsigned result, NamedAttribute attribute) {
  auto function = cast<FunctionOpInterface>(op);
  // A result of the local form is a shard: its type is not the tensor's, but
  // has its rank.
  return verifyAttribute(op, attribute, function.getResultTypes()[result],
                         "result " + Twine(result));
}

} // namespace weft::dist
