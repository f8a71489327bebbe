//===- LaneCompare.cpp - Comparisons and selections -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneArithmetic.h"
#include "runtime/cusim/emit/LaneContext.h"

using namespace llvm;

namespace weft::cusim {

using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

static std::optional<CmpInst::Predicate> floatPredicate(Modifier comparison) {
  switch (comparison) {
  case Modifier::Eq:
    return CmpInst::FCMP_OEQ;
  case Modifier::Ne:
    return CmpInst::FCMP_ONE;
  case Modifier::Lt:
    return CmpInst::FCMP_OLT;
  case Modifier::Le:
    return CmpInst::FCMP_OLE;
  case Modifier::Gt:
    return CmpInst::FCMP_OGT;
  case Modifier::Ge:
    return CmpInst::FCMP_OGE;
  case Modifier::Equ:
    return CmpInst::FCMP_UEQ;
  case Modifier::Neu:
    return CmpInst::FCMP_UNE;
  case Modifier::Ltu:
    return CmpInst::FCMP_ULT;
  case Modifier::Leu:
    return CmpInst::FCMP_ULE;
  case Modifier::Gtu:
    return CmpInst::FCMP_UGT;
  case Modifier::Geu:
    return CmpInst::FCMP_UGE;
  case Modifier::Num:
    return CmpInst::FCMP_ORD;
  case Modifier::Nan:
    return CmpInst::FCMP_UNO;
  default:
    return std::nullopt;
  }
}

static std::optional<CmpInst::Predicate> integerPredicate(Modifier comparison,
                                                          Type type) {
  bool isSigned = ptx::isSigned(type);
  bool isUntyped = type == Type::B16 || type == Type::B32 || type == Type::B64;
  switch (comparison) {
  case Modifier::Eq:
    return CmpInst::ICMP_EQ;
  case Modifier::Ne:
    return CmpInst::ICMP_NE;
  default:
    break;
  }
  if (isUntyped)
    return std::nullopt;
  switch (comparison) {
  case Modifier::Lt:
    return isSigned ? CmpInst::ICMP_SLT : CmpInst::ICMP_ULT;
  case Modifier::Le:
    return isSigned ? CmpInst::ICMP_SLE : CmpInst::ICMP_ULE;
  case Modifier::Gt:
    return isSigned ? CmpInst::ICMP_SGT : CmpInst::ICMP_UGT;
  case Modifier::Ge:
    return isSigned ? CmpInst::ICMP_SGE : CmpInst::ICMP_UGE;
  default:
    break;
  }
  if (isSigned)
    return std::nullopt;
  switch (comparison) {
  case Modifier::Lo:
    return CmpInst::ICMP_ULT;
  case Modifier::Ls:
    return CmpInst::ICMP_ULE;
  case Modifier::Hi:
    return CmpInst::ICMP_UGT;
  case Modifier::Hs:
    return CmpInst::ICMP_UGE;
  default:
    return std::nullopt;
  }
}

/// The comparison of the first two operands, which have type `type`.
static Value *emitCompare(LaneContext &context, Type type) {
  IRBuilderBase &ir = context.ir;
  std::optional<Modifier> comparison = context.takeComparison();
  if (!comparison)
    return context.fail("says no comparison; it needs one, like .eq or .lt");
  Value *a = context.operand(0), *b = context.operand(1);
  bool isHalf = type == Type::F16 || type == Type::BF16;
  bool isFloat = isHalf || type == Type::F32 || type == Type::F64;
  if (!isFloat && LaneBuilder::bitsOf(a) < 16)
    return context.failType();
  std::optional<CmpInst::Predicate> predicate =
      isFloat ? floatPredicate(*comparison)
              : integerPredicate(*comparison, type);
  if (!predicate)
    return context.fail("compares by ." +
                        std::string(ptx::textOf(*comparison)) + ", which ." +
                        std::string(ptx::textOf(type)) + " does not have");
  bool isFlushed =
      (type == Type::F16 || type == Type::F32) && context.take(Modifier::Ftz);
  if (isHalf) {
    auto widen = [&](Value *bits) {
      Value *value = widenHalf(context, bits, type);
      if (!isFlushed)
        return value;
      // Subnormals of f16; the sign of a zero compares equal.
      Value *isSubnormal = ir.CreateFCmpOLT(context.magnitude(value),
                                            LaneBuilder::real(value, 0x1p-14));
      return context.select(isSubnormal, LaneBuilder::real(value, 0), value);
    };
    a = widen(a);
    b = widen(b);
  } else if (isFlushed) {
    a = context.flush(a);
    b = context.flush(b);
  }
  return ir.CreateCmp(*predicate, a, b);
}

/// .and, .or, .xor with the third operand; `combined` as it is without one.
static Value *combineWithPredicate(LaneContext &context, Modifier operation,
                                   Value *result, Value *predicate) {
  IRBuilderBase &ir = context.ir;
  switch (operation) {
  case Modifier::And:
    return ir.CreateAnd(result, predicate);
  case Modifier::Or:
    return ir.CreateOr(result, predicate);
  default:
    return ir.CreateXor(result, predicate);
  }
}

/// The operation of setp and set with a predicate operand, if there is one.
static std::optional<Modifier> takeBooleanOperation(LaneContext &context) {
  for (Modifier modifier : {Modifier::And, Modifier::Or, Modifier::Xor})
    if (context.take(modifier))
      return modifier;
  return std::nullopt;
}

static Value *emitSetp(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Type type = context.type();
  bool isPacked = type == Type::F16x2 || type == Type::BF16x2;
  auto operation = takeBooleanOperation(context);
  if (operation && context.operands.size() < 3)
    return context.fail("combines with a predicate that is not there");
  Value *first = nullptr, *second = nullptr;
  if (isPacked) {
    Value *word = context.operand(0);
    for (unsigned i = 0; i < 2; ++i)
      context.operands[i] = context.split(context.operand(i), 16);
    Value *both =
        emitCompare(context, type == Type::F16x2 ? Type::F16 : Type::BF16);
    if (!both)
      return nullptr;
    Value *bits = context.join(
        ir.CreateSExt(both, context.operand(0)->getType()), 32, word);
    auto bit = [&](uint64_t mask) {
      return ir.CreateICmpNE(
          ir.CreateAnd(bits, LaneBuilder::constant(bits, mask)),
          LaneBuilder::constant(bits, 0));
    };
    first = bit(1);
    second = bit(0x10000);
  } else {
    first = emitCompare(context, type);
    if (!first)
      return nullptr;
    second = ir.CreateNot(first);
  }
  if (operation) {
    Value *predicate = context.operand(2);
    first = combineWithPredicate(context, *operation, first, predicate);
    second = combineWithPredicate(context, *operation, second, predicate);
  }
  if (resultCount(context.instruction) == 2)
    context.secondResult = second;
  return first;
}

/// set: all ones or zero, or one or zero in a float type.
static Value *emitSet(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Type result = context.type(0), source = context.type(1);
  bool isPacked = source == Type::F16x2 || source == Type::BF16x2;
  Value *word = context.operand(0);
  Value *predicate = context.operands.size() > 2 ? context.operand(2) : nullptr;
  if (isPacked) {
    // Both halves are results of their own, of 16 bits each.
    if (result == Type::U32 || result == Type::S32)
      result = Type::U16;
    else if (result == source)
      result = source == Type::F16x2 ? Type::F16 : Type::BF16;
    else
      return context.failType();
    source = source == Type::F16x2 ? Type::F16 : Type::BF16;
    for (unsigned i = 0; i < 2; ++i)
      context.operands[i] = context.split(context.operand(i), 16);
    if (predicate) {
      Value *mask = ir.CreateSExt(predicate, word->getType());
      Value *halves = context.split(mask, 16);
      predicate = ir.CreateICmpNE(halves, LaneBuilder::constant(halves, 0));
    }
  }
  Value *isTrue = emitCompare(context, source);
  if (!isTrue)
    return nullptr;
  if (auto operation = takeBooleanOperation(context)) {
    if (!predicate)
      return context.fail("combines with a predicate that is not there");
    isTrue = combineWithPredicate(context, *operation, isTrue, predicate);
  }
  auto choose = [&](unsigned bits, uint64_t number) -> Value * {
    llvm::Type *type = context.integerType(isTrue, bits);
    return context.select(isTrue, ConstantInt::get(type, number),
                          ConstantInt::get(type, 0));
  };
  Value *value = nullptr;
  switch (result) {
  case Type::U16:
  case Type::S16:
    value = choose(16, 0xffff);
    break;
  case Type::U32:
  case Type::S32:
    value = choose(32, 0xffffffff);
    break;
  case Type::F32:
    value = context.fromBits(choose(32, 0x3f800000));
    break;
  case Type::F16:
    value = choose(16, 0x3c00);
    break;
  case Type::BF16:
    value = choose(16, 0x3f80);
    break;
  default:
    return context.failType();
  }
  return isPacked ? context.join(value, 32, word) : value;
}

/// slct: the first operand if the third is not negative; NaN is.
static Value *emitSlct(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Value *selector = context.operand(2), *isFirst = nullptr;
  if (context.type(1) == Type::F32) {
    if (context.take(Modifier::Ftz))
      selector = context.flush(selector);
    isFirst = ir.CreateFCmpOGE(selector, LaneBuilder::real(selector, 0));
  } else if (context.type(1) == Type::S32) {
    isFirst = ir.CreateICmpSGE(selector, LaneBuilder::constant(selector, 0));
  } else {
    return context.failType();
  }
  return context.select(isFirst, context.operand(0), context.operand(1));
}

Value *emitComparison(LaneContext &context) {
  switch (context.opcode()) {
  case Opcode::Setp:
    return emitSetp(context);
  case Opcode::Set:
    return emitSet(context);
  case Opcode::Selp:
    return context.select(context.operand(2), context.operand(0),
                          context.operand(1));
  case Opcode::Slct:
    return emitSlct(context);
  default:
    return context.failType();
  }
}

} // namespace weft::cusim
