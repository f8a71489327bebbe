//===- Lanes.cpp - Scalars, vectors of lanes, and masks -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

#include "llvm/IR/Intrinsics.h"

namespace weft::cusim {

bool FunctionEmitter::isVector(llvm::Value *value) const {
  return value->getType()->isVectorTy();
}

llvm::Type *FunctionEmitter::lanesOf(llvm::Type *scalar) const {
  return width == 1 ? scalar : llvm::FixedVectorType::get(scalar, width);
}

llvm::Type *FunctionEmitter::typeLike(llvm::Value *value,
                                      llvm::Type *scalar) const {
  return isVector(value) ? llvm::FixedVectorType::get(scalar, width) : scalar;
}

llvm::Value *FunctionEmitter::splat(llvm::Value *value) {
  if (width == 1 || isVector(value))
    return value;
  return builder.CreateVectorSplat(width, value);
}

void FunctionEmitter::match(llvm::MutableArrayRef<llvm::Value *> values) {
  for (llvm::Value *value : values) {
    if (!isVector(value))
      continue;
    for (llvm::Value *&other : values)
      other = splat(other);
    return;
  }
}

/// Lane number times stride; a constant.
llvm::Value *FunctionEmitter::laneNumbers(llvm::Type *scalar, uint64_t stride) {
  llvm::SmallVector<llvm::Constant *, 32> lanes;
  for (unsigned lane = 0; lane < width; ++lane)
    lanes.push_back(llvm::ConstantInt::get(scalar, lane * stride));
  return llvm::ConstantVector::get(lanes);
}

llvm::Value *FunctionEmitter::maskBits() {
  if (mask)
    return mask;
  return builder.getInt32(width == 1 ? 1 : ~0u);
}

/// A predicate as a bit for each lane.
llvm::Value *FunctionEmitter::toBits(llvm::Value *predicate) {
  if (isVector(predicate))
    return builder.CreateBitCast(predicate, builder.getInt32Ty());
  if (width == 1)
    return builder.CreateZExt(predicate, builder.getInt32Ty());
  return builder.CreateSExt(predicate, builder.getInt32Ty());
}

llvm::Value *FunctionEmitter::toLanes(llvm::Value *bits) {
  if (width == 1)
    return builder.CreateTrunc(bits, builder.getInt1Ty());
  return builder.CreateBitCast(bits, lanesOf(builder.getInt1Ty()));
}

llvm::Value *FunctionEmitter::firstLane() {
  if (!mask || width == 1)
    return builder.getInt32(0);
  // A block or an instruction runs only when some lane needs it.
  return builder.CreateIntrinsic(llvm::Intrinsic::cttz, {builder.getInt32Ty()},
                                 {mask, builder.getTrue()});
}

llvm::Value *FunctionEmitter::ofFirstLane(llvm::Value *value) {
  return isVector(value) ? builder.CreateExtractElement(value, firstLane())
                         : value;
}

llvm::Value *FunctionEmitter::ofLastLane(llvm::Value *value) {
  if (!isVector(value))
    return value;
  if (!mask)
    return builder.CreateExtractElement(value, uint64_t(width - 1));
  llvm::Value *zeros = builder.CreateIntrinsic(
      llvm::Intrinsic::ctlz, {builder.getInt32Ty()}, {mask, builder.getTrue()});
  return builder.CreateExtractElement(
      value, builder.CreateSub(builder.getInt32(31), zeros));
}

llvm::Value *FunctionEmitter::toInteger(llvm::Value *value) {
  llvm::Type *scalar = value->getType()->getScalarType();
  if (scalar->isIntegerTy())
    return value;
  return builder.CreateBitCast(
      value,
      typeLike(value, builder.getIntNTy(scalar->getPrimitiveSizeInBits())));
}

/// Bits of one type as another: the same bits, or an integer cut or extended.
llvm::Value *FunctionEmitter::convert(llvm::Value *value, llvm::Type *scalar,
                                      bool isSigned) {
  if (value->getType()->getScalarType() == scalar)
    return value;
  value = toInteger(value);
  llvm::Type *integer = builder.getIntNTy(scalar->getPrimitiveSizeInBits());
  value = isSigned ? builder.CreateSExtOrTrunc(value, typeLike(value, integer))
                   : builder.CreateZExtOrTrunc(value, typeLike(value, integer));
  return builder.CreateBitCast(value, typeLike(value, scalar));
}

llvm::Value *FunctionEmitter::strandFieldPointer(uint64_t offset) {
  return builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), strand,
                                            offset);
}

llvm::Value *FunctionEmitter::strandField(uint64_t offset, llvm::Type *type,
                                          bool isInvariant) {
  llvm::LoadInst *load = builder.CreateAlignedLoad(
      type, strandFieldPointer(offset), llvm::Align(4));
  if (isInvariant)
    load->setMetadata(llvm::LLVMContext::MD_invariant_load,
                      llvm::MDNode::get(builder.getContext(), {}));
  return load;
}

llvm::FunctionCallee
FunctionEmitter::hook(const char *name, llvm::Type *result,
                      llvm::ArrayRef<llvm::Type *> parameters) {
  llvm::FunctionCallee callee = kernel.llvm.getOrInsertFunction(
      name, llvm::FunctionType::get(result, parameters, false));
  llvm::cast<llvm::Function>(callee.getCallee())
      ->addFnAttr(llvm::Attribute::NoUnwind);
  return callee;
}

llvm::Value *FunctionEmitter::callHook(const char *name, llvm::Type *result,
                                       llvm::ArrayRef<llvm::Value *> values) {
  llvm::SmallVector<llvm::Type *, 12> types;
  for (llvm::Value *value : values)
    types.push_back(value->getType());
  return builder.CreateCall(hook(name, result, types), values);
}

} // namespace weft::cusim
