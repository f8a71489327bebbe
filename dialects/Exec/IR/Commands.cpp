//===- Commands.cpp - What commands touch, and their verifiers ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Exec/IR/Exec.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
namespace weft::exec {

using Uses = SmallVector<BufferUse>;

//===----------------------------------------------------------------------===//
// launch
//===----------------------------------------------------------------------===//

/// Whether the kernel writes each of its buffers; empty when `kernel` is none.
static SmallVector<bool> getWrites(Operation *kernel) {
  SmallVector<bool> writes;
  if (auto compiled = dyn_cast_or_null<KernelOp>(kernel)) {
    llvm::append_range(writes, compiled.getWrites());
  } else if (auto function = dyn_cast_or_null<func::FuncOp>(kernel)) {
    writes.append(function.getNumArguments(), false);
    writes.append(function.getNumResults(), true);
  }
  return writes;
}

Uses LaunchOp::getBufferUses() {
  SmallVector<bool> writes =
      getWrites(SymbolTable::lookupNearestSymbolFrom(*this, getKernelAttr()));
  // A launch that does not fit its kernel is refused by verifySymbolUses.
  writes.resize(getBuffers().size());
  Uses uses;
  for (auto [buffer, written] : llvm::zip_equal(getBuffers(), writes))
    uses.push_back({buffer, written});
  return uses;
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  Operation *kernel = symbols.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!isa_and_present<KernelOp, func::FuncOp>(kernel))
    return emitOpError() << "launches " << getKernelAttr()
                         << ", which is no kernel of this module";
  size_t buffers = getWrites(kernel).size();
  if (buffers != getBuffers().size())
    return emitOpError() << "has " << getBuffers().size()
                         << " buffers, but the kernel takes " << buffers;
  int64_t sizes = 0;
  if (auto compiled = dyn_cast<KernelOp>(kernel))
    sizes = compiled.getSizes();
  else if (auto count = kernel->getAttrOfType<IntegerAttr>(kernelSizesAttrName))
    sizes = count.getInt();
  int64_t given = getSizes().getTexts().size();
  if (sizes != given)
    return emitOpError() << "has " << given << " sizes, but the kernel takes "
                         << sizes;
  return success();
}

//===----------------------------------------------------------------------===//
// Other commands
//===----------------------------------------------------------------------===//

Uses CopyOp::getBufferUses() {
  return {{getSource(), false}, {getDestination(), true}};
}

Uses FillOp::getBufferUses() { return {{getBuffer(), true}}; }

Uses ReadOp::getBufferUses() { return {{getBuffer(), false}}; }

Uses IfOp::getBufferUses() { return {}; }

Uses WhileOp::getBufferUses() { return {}; }

Uses SignalOp::getBufferUses() { return {}; }

Uses WaitOp::getBufferUses() { return {}; }

Uses GemmOp::getBufferUses() {
  Uses uses = {{getA(), false}, {getB(), false}};
  if (getBias())
    uses.push_back({getBias(), false});
  uses.push_back({getD(), true});
  return uses;
}

Uses CollectiveOp::getBufferUses() {
  return {{getSource(), false}, {getDestination(), true}};
}

LogicalResult CollectiveOp::verify() {
  bool reduces = getKind() == CollectiveKind::all_reduce ||
                 getKind() == CollectiveKind::reduce_scatter;
  bool splits = getKind() == CollectiveKind::reduce_scatter ||
                getKind() == CollectiveKind::all_to_all;
  bool concatenates = getKind() == CollectiveKind::all_gather ||
                      getKind() == CollectiveKind::all_to_all;
  StringRef kind = stringifyCollectiveKind(getKind());
  if (reduces == getReduction().empty())
    return emitOpError() << kind
                         << (reduces
                                 ? " needs a reduction"
                                 : " reduces nothing, but names a reduction");
  auto check = [&](StringRef name, std::optional<int64_t> dimension,
                   int64_t granule, bool isNeeded) -> LogicalResult {
    if (dimension.has_value() != isNeeded)
      return emitOpError() << kind << (isNeeded ? " needs a " : " has no ")
                           << name << " dimension";
    int64_t rank = getSizes().getTexts().size();
    if (dimension && (*dimension < 0 || *dimension >= rank))
      return emitOpError() << name << "s dimension " << *dimension
                           << " of a tensor that has " << rank;
    if (granule < 1)
      return emitOpError() << name << "s granules of " << granule
                           << "; expected at least 1";
    return success();
  };
  if (failed(check("split", getSplitDimension(), getSplitGranule(), splits)))
    return failure();
  return check("concat", getConcatDimension(), getConcatGranule(),
               concatenates);
}

Uses TransferOp::getBufferUses() {
  return {{getBuffer(), getDirection() == Direction::receive}};
}

} // namespace weft::exec
