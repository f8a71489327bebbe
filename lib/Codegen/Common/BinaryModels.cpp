//===- BinaryModels.cpp - Functions of several elements -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Scalars.h"
#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/VectorMath.h"

using namespace mlir;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace weft {

namespace {
/// `Emit(code, x, y, isUnsigned)` computes one element.
template <typename Op, auto Emit>
struct BinaryModel
    : ElementOpInterface::ExternalModel<BinaryModel<Op, Emit>, Op> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    Value x = emitter.broadcastElement(op->getOperand(0), index);
    Value y = emitter.broadcastElement(op->getOperand(1), index);
    emitter.code.unify(x, y);
    bool isUnsigned = isUnsignedElement(elementTypeOf(op->getOperand(0)));
    return Emit(emitter.code, x, y, isUnsigned);
  }
  bool isElementwise(Operation *) const { return true; }
};
} // namespace

template <typename FloatOp, typename IntOp>
static Value emitEither(CodeBuilder &code, Value x, Value y, bool) {
  if (isFloat(x))
    return code.make<FloatOp>(x, y);
  return code.make<IntOp>(x, y);
}

template <typename FloatOp, typename SignedOp, typename UnsignedOp>
static Value emitOrdered(CodeBuilder &code, Value x, Value y, bool isUnsigned) {
  if (isFloat(x))
    return code.make<FloatOp>(x, y);
  if (isUnsigned)
    return code.make<UnsignedOp>(x, y);
  return code.make<SignedOp>(x, y);
}

/// A divisor that no division traps on: the results for 0, and for the lowest
/// number by -1, are of no meaning but must exist.
static Value safeDivisor(CodeBuilder &code, Value x, Value y, bool isUnsigned) {
  Type type = y.getType();
  Value unsafe = code.compare(CmpIPredicate::eq, y, code.integer(type, 0));
  if (!isUnsigned) {
    unsigned width = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
    int64_t lowest = width == 64 ? INT64_MIN : -(int64_t(1) << (width - 1));
    Value overflows = code.make<arith::AndIOp>(
        code.compare(CmpIPredicate::eq, y, code.integer(type, -1)),
        code.compare(CmpIPredicate::eq, x, code.integer(type, lowest)));
    unsafe = code.make<arith::OrIOp>(unsafe, overflows);
  }
  return code.select(unsafe, code.integer(type, 1), y);
}

static Value emitDiv(CodeBuilder &code, Value x, Value y, bool isUnsigned) {
  if (isFloat(x))
    return code.divf(x, y);
  y = safeDivisor(code, x, y, isUnsigned);
  if (isUnsigned)
    return code.make<arith::DivUIOp>(x, y);
  return code.make<arith::DivSIOp>(x, y);
}

static Value emitSwiGLU(CodeBuilder &code, Value x, Value y, bool) {
  return code.mulf(VectorMath(code).silu(x), y);
}

static Value emitMod(CodeBuilder &code, Value x, Value y, bool isUnsigned) {
  if (isFloat(x)) {
    VectorMath math(code);
    Value quotient = math.floor(code.divf(x, y));
    return code.subf(x, code.mulf(quotient, y));
  }
  y = safeDivisor(code, x, y, isUnsigned);
  if (isUnsigned)
    return code.make<arith::RemUIOp>(x, y);
  // The remainder has x's sign; a nonzero one of the other sign is moved to
  // y's.
  Value remainder = code.make<arith::RemSIOp>(x, y);
  Value zero = code.integer(x.getType(), 0);
  Value differs =
      code.compare(CmpIPredicate::slt,
                   code.make<arith::XOrIOp>(remainder, y).getResult(), zero);
  Value isNonzero = code.compare(CmpIPredicate::ne, remainder, zero);
  Value moves = code.make<arith::AndIOp>(differs, isNonzero);
  return code.select(moves, code.add(remainder, y), remainder);
}

static Value emitPow(CodeBuilder &code, Value x, Value y, bool) {
  VectorMath math(code);
  // The exponents that models use have short forms.
  auto exponent = y.getDefiningOp<arith::ConstantOp>();
  Attribute value = exponent ? Attribute(exponent.getValue()) : Attribute();
  if (auto elements = dyn_cast_or_null<DenseElementsAttr>(value))
    value = elements.getSplatValue<Attribute>();
  if (auto number = dyn_cast_or_null<FloatAttr>(value)) {
    double power = number.getValueAsDouble();
    if (power == 1)
      return x;
    if (power == 2)
      return code.mulf(x, x);
    if (power == 3)
      return code.mulf(code.mulf(x, x), x);
    if (power == -1)
      return code.divf(code.number(x.getType(), 1), x);
  }
  return math.pow(x, y);
}

namespace {
struct CompareModel
    : ElementOpInterface::ExternalModel<CompareModel, CompareOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto compare = cast<CompareOp>(op);
    Value x = emitter.broadcastElement(compare.getLhs(), index);
    Value y = emitter.broadcastElement(compare.getRhs(), index);
    auto kind = static_cast<unsigned>(compare.getPredicate());
    if (isFloat(x)) {
      static constexpr CmpFPredicate predicates[] = {
          CmpFPredicate::OEQ, CmpFPredicate::UNE, CmpFPredicate::OLT,
          CmpFPredicate::OLE, CmpFPredicate::OGT, CmpFPredicate::OGE};
      return emitter.code.compare(predicates[kind], x, y);
    }
    static constexpr CmpIPredicate predicates[2][6] = {
        {CmpIPredicate::eq, CmpIPredicate::ne, CmpIPredicate::slt,
         CmpIPredicate::sle, CmpIPredicate::sgt, CmpIPredicate::sge},
        {CmpIPredicate::eq, CmpIPredicate::ne, CmpIPredicate::ult,
         CmpIPredicate::ule, CmpIPredicate::ugt, CmpIPredicate::uge}};
    bool isUnsigned = isUnsignedElement(elementTypeOf(compare.getLhs()));
    return emitter.code.compare(predicates[isUnsigned][kind], x, y);
  }
  bool isElementwise(Operation *) const { return true; }
};

struct SelectModel : ElementOpInterface::ExternalModel<SelectModel, SelectOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    auto select = cast<SelectOp>(op);
    Value condition = emitter.broadcastElement(select.getCondition(), index);
    Value x = emitter.broadcastElement(select.getLhs(), index);
    Value y = emitter.broadcastElement(select.getRhs(), index);
    return emitter.code.select(condition, x, y);
  }
  bool isElementwise(Operation *) const { return true; }
};
} // namespace

template <typename Op, auto Emit> static void attach(MLIRContext &context) {
  Op::template attachInterface<BinaryModel<Op, Emit>>(context);
}

void attachBinaryModels(MLIRContext &context) {
  using namespace arith;
  attach<weft::AddOp, emitEither<AddFOp, AddIOp>>(context);
  attach<weft::SubOp, emitEither<SubFOp, SubIOp>>(context);
  attach<weft::MulOp, emitEither<MulFOp, MulIOp>>(context);
  attach<weft::DivOp, emitDiv>(context);
  attach<weft::PowOp, emitPow>(context);
  attach<SwiGLUOp, emitSwiGLU>(context);
  attach<weft::MinOp, emitOrdered<MinimumFOp, MinSIOp, MinUIOp>>(context);
  attach<weft::MaxOp, emitOrdered<MaximumFOp, MaxSIOp, MaxUIOp>>(context);
  attach<weft::ModOp, emitMod>(context);
  attach<weft::AndOp, emitEither<AndIOp, AndIOp>>(context);
  attach<weft::OrOp, emitEither<OrIOp, OrIOp>>(context);
  attach<weft::XorOp, emitEither<XOrIOp, XOrIOp>>(context);
  CompareOp::attachInterface<CompareModel>(context);
  weft::SelectOp::attachInterface<SelectModel>(context);
}

} // namespace weft
