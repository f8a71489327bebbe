//===- CastModel.cpp - Conversions between element types ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/VectorMath.h"

#include <limits>

using namespace mlir;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace weft {

//===----------------------------------------------------------------------===//
// bf16 and f16 as bits: plain x86-64 has no instructions for them, and LLVM
// would call a library.
//===----------------------------------------------------------------------===//

static Value bf16ToF32(CodeBuilder &code, Value bits) {
  Type wide = CodeBuilder::withElement(bits.getType(), code.i32());
  Value extended = code.make<arith::ExtUIOp>(wide, bits);
  Value shifted = code.make<arith::ShLIOp>(extended, code.integer(wide, 16));
  return code.bitcast(shifted, code.f32());
}

static Value f32ToBF16(CodeBuilder &code, Value value) {
  Value bits = code.bitcast(value, code.i32());
  Type type = bits.getType();
  // To nearest, ties to even: add half, and one more when the kept part is odd.
  Value kept = code.make<arith::ShRUIOp>(bits, code.integer(type, 16));
  Value odd = code.make<arith::AndIOp>(kept, code.integer(type, 1));
  Value rounded = code.add(bits, code.add(odd, code.integer(type, 0x7FFF)));
  Value quiet = code.make<arith::OrIOp>(bits, code.integer(type, 0x400000));
  Value isNaN = code.compare(CmpFPredicate::UNO, value, value);
  rounded = code.select(isNaN, quiet, rounded);
  rounded = code.make<arith::ShRUIOp>(rounded, code.integer(type, 16));
  return code.make<arith::TruncIOp>(
      CodeBuilder::withElement(type, code.builder.getI16Type()), rounded);
}

static Value f16ToF32(CodeBuilder &code, Value narrow) {
  Type floats = CodeBuilder::withElement(narrow.getType(), code.f32());
  if (code.features.convertsF16)
    return code.make<arith::ExtFOp>(
        floats, code.bitcast(narrow, code.builder.getF16Type()));
  Type type = CodeBuilder::withElement(floats, code.i32());
  Value bits = code.make<arith::ExtUIOp>(type, narrow);
  Value sign = code.make<arith::ShLIOp>(
      code.make<arith::AndIOp>(bits, code.integer(type, 0x8000)).getResult(),
      code.integer(type, 16));
  Value rest = code.make<arith::ShLIOp>(
      code.make<arith::AndIOp>(bits, code.integer(type, 0x7FFF)).getResult(),
      code.integer(type, 13));
  // The multiplication moves the exponent's bias, for subnormals too.
  Value scaled =
      code.mulf(code.bitcast(rest, code.f32()), code.number(floats, 0x1p112));
  Value special = code.bitcast(
      code.make<arith::OrIOp>(rest, code.integer(type, 0x7F800000)),
      code.f32());
  Value isSpecial =
      code.compare(CmpIPredicate::uge, rest, code.integer(type, 0x7C00 << 13));
  Value magnitude = code.select(isSpecial, special, scaled);
  return code.bitcast(
      code.make<arith::OrIOp>(code.bitcast(magnitude, code.i32()), sign),
      code.f32());
}

static Value f32ToF16(CodeBuilder &code, Value value) {
  if (code.features.convertsF16) {
    Type halves =
        CodeBuilder::withElement(value.getType(), code.builder.getF16Type());
    return code.bitcast(code.make<arith::TruncFOp>(halves, value),
                        code.builder.getI16Type());
  }
  Value bits = code.bitcast(value, code.i32());
  Type type = bits.getType(), floats = value.getType();
  Value sign =
      code.make<arith::AndIOp>(bits, code.integer(type, int32_t(0x80000000)));
  Value magnitude = code.make<arith::XOrIOp>(bits, sign);
  // Subnormal: an addition aligns the bits and rounds them.
  Value magic = code.number(floats, 0.5);
  Value small = code.sub(
      code.bitcast(code.addf(code.bitcast(magnitude, code.f32()), magic),
                   code.i32()),
      code.bitcast(magic, code.i32()));
  // Normal: to nearest, ties to even, and the exponent's bias moved.
  Value odd = code.make<arith::AndIOp>(
      code.make<arith::ShRUIOp>(magnitude, code.integer(type, 13)).getResult(),
      code.integer(type, 1));
  Value normal = code.add(
      magnitude, code.add(odd, code.integer(type, 0xFFF - (112 << 23))));
  normal = code.make<arith::ShRUIOp>(normal, code.integer(type, 13));
  Value isSmall = code.compare(CmpIPredicate::ult, magnitude,
                               code.integer(type, 113 << 23));
  Value result = code.select(isSmall, small, normal);
  Value isLarge = code.compare(CmpIPredicate::uge, magnitude,
                               code.integer(type, 143 << 23));
  Value isNaN = code.compare(CmpFPredicate::UNO, value, value);
  Value special = code.select(isNaN, code.integer(type, 0x7E00),
                              code.integer(type, 0x7C00));
  result = code.select(isLarge, special, result);
  result = code.make<arith::OrIOp>(
      result, code.make<arith::ShRUIOp>(sign, code.integer(type, 16)));
  return code.make<arith::TruncIOp>(
      CodeBuilder::withElement(type, code.builder.getI16Type()), result);
}

Value ElementEmitter::fromStorage(Value value, Type element) {
  if (element.isBF16())
    return bf16ToF32(code, value);
  if (element.isF16())
    return f16ToF32(code, value);
  if (element.isInteger(1))
    return code.compare(CmpIPredicate::ne, value,
                        code.integer(value.getType(), 0));
  return value;
}

Value ElementEmitter::toStorage(Value value, Type element) {
  if (element.isBF16())
    return f32ToBF16(code, value);
  if (element.isF16())
    return f32ToF16(code, value);
  if (element.isInteger(1))
    return code.make<arith::ExtUIOp>(
        CodeBuilder::withElement(value.getType(), code.builder.getI8Type()),
        value);
  return value;
}

//===----------------------------------------------------------------------===//
// llm.cast
//===----------------------------------------------------------------------===//

static bool isUnsigned(Type type) {
  return type.isUnsignedInteger() || type.isInteger(1);
}

/// Rounds towards zero, saturates, and makes 0 of NaN.
static Value floatToInteger(CodeBuilder &code, Value value, Type to,
                            bool toUnsigned) {
  unsigned width = to.getIntOrFloatBitWidth();
  // Narrow types saturate as i32, then by comparison.
  unsigned converted = std::max(32u, width);
  Type wide = code.builder.getIntegerType(converted);
  Type type = CodeBuilder::withElement(value.getType(), wide);
  StringRef name = toUnsigned ? "llvm.fptoui.sat" : "llvm.fptosi.sat";
  auto call = code.make<LLVM::CallIntrinsicOp>(
      type, code.builder.getStringAttr(name), ValueRange{value});
  Value result = call->getResult(0);
  if (converted == width)
    return result;
  int64_t highest = (int64_t(1) << (toUnsigned ? width : width - 1)) - 1;
  if (toUnsigned) {
    result = code.binary<arith::MinUIOp>(result, code.integer(type, highest));
  } else {
    result = code.minimum(result, code.integer(type, highest));
    result = code.maximum(result, code.integer(type, -highest - 1));
  }
  return code.make<arith::TruncIOp>(CodeBuilder::withElement(type, to), result);
}

static Value convert(ElementEmitter &emitter, Value value, Type from,
                     Type toElement) {
  CodeBuilder &code = emitter.code;
  Type computed = ElementEmitter::computeType(toElement);
  Type to = CodeBuilder::withElement(value.getType(), computed);
  bool fromFloat = isa<FloatType>(from), toFloat = isa<FloatType>(toElement);
  if (toElement.isInteger(1)) {
    Value zero = code.number(value.getType(), 0);
    return fromFloat ? code.compare(CmpFPredicate::UNE, value, zero)
                     : code.compare(CmpIPredicate::ne, value, zero);
  }
  if (fromFloat && toFloat) {
    Type held = getElementTypeOrSelf(value.getType());
    if (held.getIntOrFloatBitWidth() < computed.getIntOrFloatBitWidth())
      value = code.make<arith::ExtFOp>(to, value);
    else if (held.getIntOrFloatBitWidth() > computed.getIntOrFloatBitWidth())
      value = code.make<arith::TruncFOp>(to, value);
  } else if (fromFloat) {
    return floatToInteger(code, value, computed, isUnsigned(toElement));
  } else if (toFloat) {
    value = isUnsigned(from) ? Value(code.make<arith::UIToFPOp>(to, value))
                             : Value(code.make<arith::SIToFPOp>(to, value));
  } else {
    unsigned before = from.getIntOrFloatBitWidth();
    unsigned after = toElement.getIntOrFloatBitWidth();
    if (after < before)
      return code.make<arith::TruncIOp>(to, value);
    if (after > before)
      return isUnsigned(from) ? Value(code.make<arith::ExtUIOp>(to, value))
                              : Value(code.make<arith::ExtSIOp>(to, value));
    return value;
  }
  if (computed == toElement)
    return value;
  // A narrow float is held in f32, but has been rounded.
  Value rounded =
      emitter.fromStorage(emitter.toStorage(value, toElement), toElement);
  if (emitter.reportsOverflow) {
    VectorMath math(code);
    Value infinity =
        code.number(value.getType(), std::numeric_limits<double>::infinity());
    Value wasFinite =
        code.compare(CmpFPredicate::OLT, math.abs(value), infinity);
    Value isInfinite =
        code.compare(CmpFPredicate::OEQ, math.abs(rounded), infinity);
    emitter.reportError(code.make<arith::AndIOp>(wasFinite, isInfinite),
                        WEFT_ERROR_OVERFLOW);
  }
  return rounded;
}

namespace {
struct CastModel : ElementOpInterface::ExternalModel<CastModel, CastOp> {
  Value emitElement(Operation *op, ElementEmitter &emitter,
                    ArrayRef<LaneIndex> index) const {
    Value input = op->getOperand(0);
    return convert(emitter, emitter.element(input, index), elementTypeOf(input),
                   elementTypeOf(op->getResult(0)));
  }
  bool isElementwise(Operation *) const { return true; }
};
} // namespace

void attachCastModel(MLIRContext &context) {
  CastOp::attachInterface<CastModel>(context);
}

} // namespace weft
