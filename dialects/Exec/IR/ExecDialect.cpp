//===- ExecDialect.cpp - Registration of the exec dialect -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Exec/IR/Exec.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "dialects/Exec/IR/ExecDialect.cpp.inc"
#include "dialects/Exec/IR/ExecEnums.cpp.inc"
#include "dialects/Exec/IR/ExecInterfaces.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/Exec/IR/ExecTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Exec/IR/ExecAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/Exec/IR/ExecOps.cpp.inc"

namespace weft::exec {

void ExecDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Exec/IR/ExecTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Exec/IR/ExecAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Exec/IR/ExecOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// #exec.tensor
//===----------------------------------------------------------------------===//

Attribute TensorAttr::parse(AsmParser &parser, Type) {
  std::string name;
  Type elementType;
  Attribute sizes;
  if (parser.parseLess() || parser.parseString(&name) || parser.parseColon() ||
      parser.parseType(elementType) ||
      !(sizes = SizesAttr::parse(parser, Type())) || parser.parseGreater())
    return {};
  return get(parser.getContext(), StringAttr::get(parser.getContext(), name),
             elementType, cast<SizesAttr>(sizes));
}

void TensorAttr::print(AsmPrinter &printer) const {
  printer << '<' << getName() << " : " << getElementType() << ' ';
  getSizes().print(printer);
  printer << '>';
}

//===----------------------------------------------------------------------===//
// Helpers that passes share
//===----------------------------------------------------------------------===//

SizeExpr getSize(SizesAttr attr) {
  Sizes sizes = attr.getExprs();
  assert(sizes.size() == 1 && "verified: one expression");
  return sizes.front();
}

SizesAttr getSizeAttr(MLIRContext *context, const SizeExpr &size) {
  return SizesAttr::get(context, ArrayRef<SizeExpr>(size));
}

unsigned getElementBytes(Type elementType) {
  if (!elementType.isIntOrFloat())
    return 0;
  unsigned bits = elementType.getIntOrFloatBitWidth();
  if (bits == 1)
    return 1;
  return bits == 8 || bits == 16 || bits == 32 || bits == 64 ? bits / 8 : 0;
}

Value getRootBuffer(Value buffer) {
  while (auto view = buffer.getDefiningOp<ViewOp>())
    buffer = view.getSource();
  return buffer;
}

std::string getNodeName(Location location) {
  if (auto name = dyn_cast<NameLoc>(location)) {
    // Importers write `node "NAME" (OPERATOR, opset N)`.
    StringRef text = name.getName().getValue();
    if (text.consume_front("node \""))
      text = text.take_until([](char c) { return c == '"'; });
    return text.str();
  }
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      if (std::string name = getNodeName(part); !name.empty())
        return name;
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return getNodeName(call.getCallee());
  return "";
}

} // namespace weft::exec
