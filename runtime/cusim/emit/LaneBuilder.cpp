//===- LaneBuilder.cpp - Values of one lane or of all lanes ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneBuilder.h"

using namespace llvm;

namespace weft::cusim {

Type *LaneBuilder::shaped(Type *element, const Value *like) {
  if (auto *vector = dyn_cast<VectorType>(like->getType()))
    return VectorType::get(element, vector->getElementCount());
  return element;
}

Type *LaneBuilder::integerType(const Value *like, unsigned bits) const {
  return shaped(ir.getIntNTy(bits), like);
}

Type *LaneBuilder::floatType(const Value *like) const {
  return shaped(ir.getFloatTy(), like);
}

Type *LaneBuilder::doubleType(const Value *like) const {
  return shaped(ir.getDoubleTy(), like);
}

Value *LaneBuilder::constant(const Value *like, uint64_t number) {
  Type *type = like->getType();
  APInt bits = APInt(64, number).zextOrTrunc(type->getScalarSizeInBits());
  return ConstantInt::get(type, bits);
}

Value *LaneBuilder::real(const Value *like, double number) {
  return ConstantFP::get(like->getType(), number);
}

Value *LaneBuilder::resize(Value *value, unsigned bits, bool isSigned) {
  return ir.CreateIntCast(value, integerType(value, bits), isSigned);
}

Value *LaneBuilder::toBits(Value *value) {
  return ir.CreateBitCast(value, integerType(value, bitsOf(value)));
}

Value *LaneBuilder::fromBits(Value *bits) {
  return ir.CreateBitCast(bits, bitsOf(bits) == 64 ? doubleType(bits)
                                                   : floatType(bits));
}

Value *LaneBuilder::split(Value *value, unsigned bits) {
  unsigned lanes = 1;
  if (auto *vector = dyn_cast<FixedVectorType>(value->getType()))
    lanes = vector->getNumElements();
  return ir.CreateBitCast(
      value,
      FixedVectorType::get(ir.getIntNTy(bits), lanes * (bitsOf(value) / bits)));
}

Value *LaneBuilder::join(Value *elements, unsigned bits, const Value *like) {
  return ir.CreateBitCast(elements, integerType(like, bits));
}

Value *LaneBuilder::call(Intrinsic::ID intrinsic, ArrayRef<Value *> operands) {
  return ir.CreateIntrinsic(intrinsic, {operands.front()->getType()}, operands);
}

Value *LaneBuilder::magnitude(Value *value) {
  return call(Intrinsic::fabs, {value});
}

Value *LaneBuilder::canonicalNaN(Value *value) {
  if (bitsOf(value) == 64)
    return value;
  Value *bits = ConstantInt::get(integerType(value, 32), 0x7fffffff);
  return select(isNaN(value), fromBits(bits), value);
}

Value *LaneBuilder::flush(Value *value) {
  Value *bits = toBits(value);
  Value *exponent = ir.CreateAnd(bits, constant(bits, 0x7f800000));
  Value *sign = ir.CreateAnd(bits, constant(bits, 0x80000000));
  Value *isSubnormal = ir.CreateICmpEQ(exponent, constant(bits, 0));
  return fromBits(select(isSubnormal, sign, bits));
}

Value *LaneBuilder::saturate(Value *value) {
  Value *zero = real(value, 0), *one = real(value, 1);
  Value *low = select(ir.CreateFCmpOGT(value, zero), value, zero);
  return select(ir.CreateFCmpOLT(low, one), low, one);
}

Value *LaneBuilder::clampNegative(Value *value) {
  Value *zero = real(value, 0);
  // Not greater and not unordered: negative, or a zero of either sign.
  return select(ir.CreateFCmpOLE(value, zero), zero, value);
}

Value *LaneBuilder::shiftLeft(Value *value, Value *amount) {
  Value *isInside = ir.CreateICmpULT(amount, constant(amount, bitsOf(value)));
  return select(isInside, ir.CreateShl(value, amount), constant(value, 0));
}

Value *LaneBuilder::shiftRight(Value *value, Value *amount, bool isSigned) {
  if (isSigned) {
    Value *last = constant(amount, bitsOf(value) - 1);
    return ir.CreateAShr(value, call(Intrinsic::umin, {amount, last}));
  }
  Value *isInside = ir.CreateICmpULT(amount, constant(amount, bitsOf(value)));
  return select(isInside, ir.CreateLShr(value, amount), constant(value, 0));
}

} // namespace weft::cusim
