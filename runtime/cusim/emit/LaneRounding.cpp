//===- LaneRounding.cpp - Rounding to any type in any direction -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneRounding.h"

#include "llvm/IR/Module.h"

using namespace llvm;

namespace weft::cusim {

Value *adjustByError(LaneBuilder &lanes, Value *bits, Value *error,
                     Rounding rounding) {
  if (rounding == Rounding::Nearest)
    return bits;
  IRBuilderBase &ir = lanes.ir;
  Value *zero = lanes.constant(bits, 0), *one = lanes.constant(bits, 1);
  Value *minusOne = lanes.constant(bits, ~uint64_t(0));
  Value *isNegative = ir.CreateICmpSLT(bits, zero);
  Value *isAbove = ir.CreateFCmpOGT(error, lanes.real(error, 0));
  Value *isBelow = ir.CreateFCmpOLT(error, lanes.real(error, 0));
  // Steps that the magnitude takes towards the exact value.
  Value *up = lanes.select(isNegative, minusOne, one);
  Value *down = lanes.select(isNegative, one, minusOne);
  Value *step = nullptr;
  switch (rounding) {
  case Rounding::Down:
    step = lanes.select(isBelow, down, zero);
    break;
  case Rounding::Up:
    step = lanes.select(isAbove, up, zero);
    break;
  case Rounding::Zero:
    step = lanes.select(lanes.select(isNegative, isAbove, isBelow), minusOne,
                        zero);
    break;
  default: {
    Value *isEven = ir.CreateICmpEQ(ir.CreateAnd(bits, one), zero);
    Value *towards =
        lanes.select(isAbove, up, lanes.select(isBelow, down, zero));
    step = lanes.select(isEven, towards, zero);
  }
  }
  return ir.CreateAdd(bits, step);
}

Value *addToOdd(LaneBuilder &lanes, Value *a, Value *b) {
  // Knuth's TwoSum: sum + error == a + b. An infinity or NaN makes the error
  // NaN, which adjusts nothing.
  IRBuilderBase &ir = lanes.ir;
  Value *sum = ir.CreateFAdd(a, b);
  Value *bPart = ir.CreateFSub(sum, a);
  Value *aPart = ir.CreateFSub(sum, bPart);
  Value *error =
      ir.CreateFAdd(ir.CreateFSub(a, aPart), ir.CreateFSub(b, bPart));
  return lanes.fromBits(
      adjustByError(lanes, lanes.toBits(sum), error, Rounding::Odd));
}

Value *doubleToFloat(LaneBuilder &lanes, Value *value, Rounding rounding) {
  IRBuilderBase &ir = lanes.ir;
  Value *nearest = ir.CreateFPTrunc(value, lanes.floatType(value));
  if (rounding == Rounding::Nearest)
    return nearest;
  Value *error =
      ir.CreateFSub(value, ir.CreateFPExt(nearest, value->getType()));
  return lanes.fromBits(
      adjustByError(lanes, lanes.toBits(nearest), error, rounding));
}

Value *integerToDouble(LaneBuilder &lanes, Value *value, bool isSigned,
                       Rounding rounding) {
  IRBuilderBase &ir = lanes.ir;
  Type *type = lanes.doubleType(value);
  if (rounding == Rounding::Nearest)
    return isSigned ? ir.CreateSIToFP(value, type)
                    : ir.CreateUIToFP(value, type);
  Value *shift = lanes.constant(value, 32);
  Value *high =
      isSigned ? ir.CreateAShr(value, shift) : ir.CreateLShr(value, shift);
  high = lanes.resize(high, 32, false);
  high = isSigned ? ir.CreateSIToFP(high, type) : ir.CreateUIToFP(high, type);
  high = ir.CreateFMul(high, lanes.real(high, 0x1p32));
  Value *low = ir.CreateUIToFP(lanes.resize(value, 32, false), type);
  Value *sum = ir.CreateFAdd(high, low);
  // high is 0 or larger than low, so this error is exact.
  Value *error = ir.CreateFSub(low, ir.CreateFSub(sum, high));
  return lanes.fromBits(
      adjustByError(lanes, lanes.toBits(sum), error, rounding));
}

Value *widenHalf(LaneBuilder &lanes, Value *bits, ptx::Type type) {
  IRBuilderBase &ir = lanes.ir;
  if (type == ptx::Type::BF16) {
    Value *wide = lanes.resize(bits, 32, false);
    return lanes.canonicalNaN(
        lanes.fromBits(ir.CreateShl(wide, lanes.constant(wide, 16))));
  }
  Value *half =
      ir.CreateBitCast(bits, LaneBuilder::shaped(ir.getHalfTy(), bits));
  return lanes.canonicalNaN(ir.CreateFPExt(half, lanes.floatType(bits)));
}

/// Drops the lowest `count` bits of a float's pattern, rounding.
static Value *dropBits(LaneBuilder &lanes, Value *bits, unsigned count,
                       Rounding rounding) {
  IRBuilderBase &ir = lanes.ir;
  uint64_t rest = (uint64_t(1) << count) - 1;
  Value *shift = lanes.constant(bits, count);
  Value *isNegative = ir.CreateICmpSLT(bits, lanes.constant(bits, 0));
  Value *zero = lanes.constant(bits, 0);
  // A carry out of the mantissa counts the exponent up, as it should.
  Value *addend = nullptr;
  switch (rounding) {
  case Rounding::Nearest: {
    Value *last =
        ir.CreateAnd(ir.CreateLShr(bits, shift), lanes.constant(bits, 1));
    addend = ir.CreateAdd(last, lanes.constant(bits, rest >> 1));
    break;
  }
  case Rounding::NearestAway:
    addend = lanes.constant(bits, (rest >> 1) + 1);
    break;
  case Rounding::Down:
    addend = lanes.select(isNegative, lanes.constant(bits, rest), zero);
    break;
  case Rounding::Up:
    addend = lanes.select(isNegative, zero, lanes.constant(bits, rest));
    break;
  default:
    addend = zero;
  }
  return ir.CreateLShr(ir.CreateAdd(bits, addend), shift);
}

Value *narrowFloat(LaneBuilder &lanes, Value *value, ptx::Type type,
                   Rounding rounding) {
  IRBuilderBase &ir = lanes.ir;
  Value *isNaN = lanes.isNaN(value);
  if (type == ptx::Type::F16) {
    Value *half =
        ir.CreateFPTrunc(value, LaneBuilder::shaped(ir.getHalfTy(), value));
    Value *bits = ir.CreateBitCast(half, lanes.integerType(value, 16));
    if (rounding != Rounding::Nearest) {
      Value *error =
          ir.CreateFSub(value, ir.CreateFPExt(half, value->getType()));
      bits = adjustByError(lanes, bits, error, rounding);
    }
    return lanes.select(isNaN, lanes.constant(bits, 0x7fff), bits);
  }
  bool isTF32 = type == ptx::Type::TF32;
  Value *bits = lanes.toBits(value);
  Value *narrow = dropBits(lanes, bits, isTF32 ? 13 : 16, rounding);
  if (isTF32)
    narrow = ir.CreateShl(narrow, lanes.constant(narrow, 13));
  else
    narrow = lanes.resize(narrow, 16, false);
  return lanes.select(
      isNaN, lanes.constant(narrow, isTF32 ? 0x7fffffff : 0x7fff), narrow);
}

Value *clampToFinite(LaneBuilder &lanes, Value *value, ptx::Type type) {
  double largest = type == ptx::Type::F16    ? 65504
                   : type == ptx::Type::BF16 ? 0x1.fep127
                                             : 0x1.ffcp127;
  Value *high = LaneBuilder::real(value, largest);
  Value *low = LaneBuilder::real(value, -largest);
  value = lanes.select(lanes.ir.CreateFCmpOGT(value, high), high, value);
  return lanes.select(lanes.ir.CreateFCmpOLT(value, low), low, value);
}

Value *roundToIntegral(LaneBuilder &lanes, Value *value, Rounding rounding) {
  switch (rounding) {
  case Rounding::Zero:
    return lanes.call(Intrinsic::trunc, {value});
  case Rounding::Down:
    return lanes.call(Intrinsic::floor, {value});
  case Rounding::Up:
    return lanes.call(Intrinsic::ceil, {value});
  default:
    return lanes.call(Intrinsic::roundeven, {value});
  }
}

/// add, sub, mul, div, fma, sqrt in order of FloatOperation.
static constexpr Intrinsic::ID constrainedIntrinsics[] = {
    Intrinsic::experimental_constrained_fadd,
    Intrinsic::experimental_constrained_fsub,
    Intrinsic::experimental_constrained_fmul,
    Intrinsic::experimental_constrained_fdiv,
    Intrinsic::experimental_constrained_fma,
    Intrinsic::experimental_constrained_sqrt};

/// The function that computes one operation in one direction for one shape.
static Function *directedFunction(LaneBuilder &lanes, FloatOperation operation,
                                  ArrayRef<Value *> operands,
                                  Rounding rounding) {
  static constexpr StringRef operationNames[] = {"add", "sub", "mul",
                                                 "div", "fma", "sqrt"};
  Function *caller = lanes.ir.GetInsertBlock()->getParent();
  Type *type = operands.front()->getType();
  std::string name;
  raw_string_ostream stream(name);
  stream << "cusim.directed." << operationNames[unsigned(operation)] << "."
         << unsigned(rounding) << "." << *type;
  if (Function *known = caller->getParent()->getFunction(name))
    return known;

  SmallVector<Type *, 3> parameters(operands.size(), type);
  auto *function =
      Function::Create(FunctionType::get(type, parameters, false),
                       GlobalValue::InternalLinkage, name, caller->getParent());
  // Vectors are passed as the caller's target lays them out.
  for (StringRef attribute : {"target-cpu", "target-features", "tune-cpu",
                              "prefer-vector-width", "min-legal-vector-width"})
    if (caller->hasFnAttribute(attribute))
      function->addFnAttr(caller->getFnAttribute(attribute));
  function->addFnAttr(Attribute::NoInline);
  function->addFnAttr(Attribute::StrictFP);
  function->addFnAttr(Attribute::NoUnwind);
  function->addFnAttr(Attribute::WillReturn);
  // The mode is as it was when the function returns.
  function->setDoesNotAccessMemory();

  IRBuilder<> body(BasicBlock::Create(caller->getContext(), "entry", function));
  body.setIsFPConstrained(true);
  body.setDefaultConstrainedExcept(fp::ebIgnore);
  RoundingMode mode = rounding == Rounding::Zero ? RoundingMode::TowardZero
                      : rounding == Rounding::Up ? RoundingMode::TowardPositive
                                                 : RoundingMode::TowardNegative;
  body.setDefaultConstrainedRounding(mode);
  auto setMode = [&](RoundingMode wanted) {
    body.CreateIntrinsic(Intrinsic::set_rounding, {},
                         {body.getInt32(unsigned(wanted))});
  };
  setMode(mode);
  SmallVector<Value *, 3> arguments;
  for (Argument &argument : function->args())
    arguments.push_back(&argument);
  Function *intrinsic = Intrinsic::getOrInsertDeclaration(
      caller->getParent(), constrainedIntrinsics[unsigned(operation)], {type});
  Value *result = body.CreateConstrainedFPCall(intrinsic, arguments);
  setMode(RoundingMode::NearestTiesToEven);
  body.CreateRet(result);
  return function;
}

Value *emitRounded(LaneBuilder &lanes, FloatOperation operation,
                   ArrayRef<Value *> operands, Rounding rounding) {
  IRBuilderBase &ir = lanes.ir;
  if (rounding != Rounding::Nearest)
    return ir.CreateCall(directedFunction(lanes, operation, operands, rounding),
                         operands);
  switch (operation) {
  case FloatOperation::Add:
    return ir.CreateFAdd(operands[0], operands[1]);
  case FloatOperation::Sub:
    return ir.CreateFSub(operands[0], operands[1]);
  case FloatOperation::Mul:
    return ir.CreateFMul(operands[0], operands[1]);
  case FloatOperation::Div:
    return ir.CreateFDiv(operands[0], operands[1]);
  case FloatOperation::Fma:
    return lanes.call(Intrinsic::fma, operands);
  case FloatOperation::Sqrt:
    return lanes.call(Intrinsic::sqrt, operands);
  }
  llvm_unreachable("every operation is handled");
}

} // namespace weft::cusim
