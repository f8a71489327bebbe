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

static void appendUses(Operation *op, FlatSymbolRefAttr kernel,
                       ValueRange buffers, Uses &uses) {
  SmallVector<bool> writes =
      getWrites(SymbolTable::lookupNearestSymbolFrom(op, kernel));
  // A launch that does not fit its kernel is refused by verifySymbolUses.
  writes.resize(buffers.size());
  for (auto [buffer, written] : llvm::zip_equal(buffers, writes))
    uses.push_back({buffer, written});
}

Uses LaunchOp::getBufferUses() {
  Uses uses;
  appendUses(*this, getKernelAttr(), getBuffers(), uses);
  return uses;
}

/// Whether a launch of `kernel` with these buffers and sizes fits it.
static LogicalResult verifyLaunch(Operation *op, FlatSymbolRefAttr name,
                                  ValueRange given, SizesAttr givenSizes,
                                  SymbolTableCollection &symbols) {
  Operation *kernel = symbols.lookupNearestSymbolFrom(op, name);
  if (!isa_and_present<KernelOp, func::FuncOp>(kernel))
    return op->emitOpError()
           << "launches " << name << ", which is no kernel of this module";
  size_t buffers = getWrites(kernel).size();
  if (buffers != given.size())
    return op->emitOpError() << "has " << given.size()
                             << " buffers, but the kernel takes " << buffers;
  int64_t sizes = 0;
  if (auto compiled = dyn_cast<KernelOp>(kernel))
    sizes = compiled.getSizes();
  else if (auto count = kernel->getAttrOfType<IntegerAttr>(kernelSizesAttrName))
    sizes = count.getInt();
  int64_t sizesGiven = givenSizes.getTexts().size();
  if (sizes != sizesGiven)
    return op->emitOpError()
           << "has " << sizesGiven << " sizes, but the kernel takes " << sizes;
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyLaunch(*this, getKernelAttr(), getBuffers(), getSizes(),
                      symbols);
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
  if (getKernelAttr())
    appendUses(*this, getKernelAttr(), getKernelBuffers(), uses);
  return uses;
}

LogicalResult GemmOp::verify() {
  if (!getType().isF16() && !getType().isBF16() && !getType().isF32())
    return emitOpError() << "multiplies " << getType()
                         << "; expected f16, bf16 or f32";
  if (getOutput() != getType() && !getOutput().isF32())
    return emitOpError() << "makes " << getOutput() << " of " << getType()
                         << "; expected the same type or f32";
  if (!getAccumulate().isF32())
    return emitOpError() << "sums in " << getAccumulate() << "; expected f32";
  if (!getEpilogue().empty() && getEpilogue() != "relu" &&
      getEpilogue() != "gelu")
    return emitOpError() << "has epilogue \"" << getEpilogue()
                         << "\"; expected \"relu\", \"gelu\" or none";
  return success();
}

LogicalResult GemmOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (!getKernelAttr())
    return success();
  return verifyLaunch(*this, getKernelAttr(), getKernelBuffers(),
                      getKernelSizesAttr(), symbols);
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
