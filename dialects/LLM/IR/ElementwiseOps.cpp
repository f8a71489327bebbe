//===- ElementwiseOps.cpp - Ops on each element ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Elementwise.h"
#include "dialects/LLM/IR/Iteration.h"
#include "dialects/LLM/IR/Scalars.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;

namespace weft {

static LogicalResult checkShapes(ShapeCheck &check, unsigned numOperands) {
  SmallVector<ArrayRef<int64_t>> shapes;
  for (unsigned i = 0; i < numOperands; ++i)
    shapes.push_back(check.shape(i));
  return check.broadcastable(shapes);
}

LogicalResult verifyElementwise(ModelOpInterface op) {
  ShapeCheck check(op);
  return check.result(checkShapes(check, op->getNumOperands()));
}

/// The result's tensor and a walk over it: `body` gets the position in the
/// result, then those in the operands.
static FailureOr<HostTensor>
evaluateEach(ModelOpInterface op, ArrayRef<HostTensor> operands,
             const Evaluation &evaluation,
             llvm::function_ref<void(HostTensor &, ArrayRef<int64_t>)> body) {
  ShapeCheck check(op, operands, evaluation);
  FailureOr<HostTensor> result =
      check.makeResult(checkShapes(check, operands.size()));
  if (failed(result))
    return failure();
  SmallVector<View> views = {rowMajor(result->getShape())};
  for (const HostTensor &operand : operands)
    views.push_back(broadcastView(operand.getShape(), result->getShape()));
  forEachIndex(result->getShape(), views,
               [&](ArrayRef<int64_t> at) { body(*result, at); });
  return result;
}

FailureOr<HostTensor> evaluateUnary(ModelOpInterface op,
                                    ArrayRef<HostTensor> operands,
                                    const Evaluation &evaluation) {
  const UnaryScalar &scalar = unaryScalar(op->getName().stripDialect());
  const HostTensor &input = operands[0];
  Type type = input.getElementType();
  return evaluateEach(
      op, operands, evaluation, [&](HostTensor &result, ArrayRef<int64_t> at) {
        if (input.isFloat())
          result.floats()[at[0]] = scalar.onFloat(input.floats()[at[1]]);
        else
          result.integers()[at[0]] = wrapInteger(
              scalar.onInteger(input.integers()[at[1]], type), type);
      });
}

FailureOr<HostTensor> evaluateBinary(ModelOpInterface op,
                                     ArrayRef<HostTensor> operands,
                                     const Evaluation &evaluation) {
  const BinaryScalar &scalar = binaryScalar(op->getName().stripDialect());
  const HostTensor &lhs = operands[0], &rhs = operands[1];
  Type type = lhs.getElementType();
  bool dividedByZero = false;
  auto result = evaluateEach(
      op, operands, evaluation, [&](HostTensor &result, ArrayRef<int64_t> at) {
        if (lhs.isFloat()) {
          result.floats()[at[0]] =
              scalar.onFloat(lhs.floats()[at[1]], rhs.floats()[at[2]]);
          return;
        }
        std::optional<int64_t> value = scalar.onInteger(
            lhs.integers()[at[1]], rhs.integers()[at[2]], type);
        dividedByZero |= !value;
        result.integers()[at[0]] = wrapInteger(value.value_or(0), type);
      });
  if (succeeded(result) && dividedByZero)
    return evaluation.emitError("'" + Twine(op->getName().getStringRef()) +
                                "' op divides an integer by zero");
  return result;
}

//===----------------------------------------------------------------------===//
// Identities
//===----------------------------------------------------------------------===//

OpFoldResult foldUnary(Operation *op) {
  // neg and not undo themselves.
  if (isa<NegOp, NotOp>(op))
    if (Operation *inner = op->getOperand(0).getDefiningOp())
      if (inner->getName() == op->getName())
        return inner->getOperand(0);
  return {};
}

namespace {
/// A constant that is the same number everywhere.
struct Uniform {
  explicit Uniform(Attribute attribute) {
    auto dense = dyn_cast_if_present<DenseElementsAttr>(attribute);
    if (!dense || !dense.isSplat())
      return;
    if (isa<FloatType>(dense.getElementType()))
      number = dense.getSplatValue<APFloat>();
    else
      integer = dense.getSplatValue<APInt>();
  }
  /// Bit for bit: -0.0 is not 0.0.
  bool isFloat(double value) const {
    if (!number)
      return false;
    APFloat found = *number;
    bool losesInfo;
    found.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
    return found.bitwiseIsEqual(APFloat(value));
  }
  bool isInteger(int64_t value) const {
    return integer &&
           *integer == APInt(64, value).trunc(integer->getBitWidth());
  }
  bool is(double asFloat, int64_t asInteger) const {
    return isFloat(asFloat) || isInteger(asInteger);
  }

  std::optional<APFloat> number;
  std::optional<APInt> integer;
};
} // namespace

OpFoldResult foldBinary(Operation *op, Attribute lhs, Attribute rhs) {
  // Only identities that keep every bit: x + 0.0 turns -0.0 into 0.0, but
  // x + -0.0 and x - 0.0 keep it.
  auto isRightIdentity = [&](Attribute attribute) {
    Uniform c(attribute);
    return TypeSwitch<Operation *, bool>(op)
        .Case<AddOp>([&](auto) { return c.is(-0.0, 0); })
        .Case<SubOp>([&](auto) { return c.is(0.0, 0); })
        .Case<MulOp, DivOp>([&](auto) { return c.is(1.0, 1); })
        .Case<PowOp>([&](auto) { return c.isFloat(1.0); })
        .Case<AndOp>([&](auto) { return c.isInteger(-1); })
        .Case<OrOp, XorOp>([&](auto) { return c.isInteger(0); })
        .Default(false);
  };
  Type type = op->getResult(0).getType();
  Value left = op->getOperand(0), right = op->getOperand(1);
  if (left.getType() == type && isRightIdentity(rhs))
    return left;
  if (op->hasTrait<OpTrait::IsCommutative>() && right.getType() == type &&
      isRightIdentity(lhs))
    return right;
  if (left == right && left.getType() == type &&
      isa<MinOp, MaxOp, AndOp, OrOp>(op))
    return left;
  return {};
}

//===----------------------------------------------------------------------===//
// Ops that are not rows of a table
//===----------------------------------------------------------------------===//

FailureOr<HostTensor> GeluOp::evaluate(ArrayRef<HostTensor> operands,
                                       const Evaluation &evaluation) {
  bool isTanh = getApproximate() == GeluApproximation::tanh;
  return evaluateEach(
      *this, operands, evaluation,
      [&](HostTensor &result, ArrayRef<int64_t> at) {
        double x = operands[0].floats()[at[1]];
        double inner =
            isTanh ? std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))
                   : std::erf(x / std::sqrt(2.0));
        // At -infinity the product would be NaN; its limit is 0.
        result.floats()[at[0]] = inner == -1 ? -0.0 : x / 2 * (1 + inner);
      });
}

LogicalResult CompareOp::verify() { return verifyElementwise(*this); }

static bool holds(Comparison predicate, bool less, bool equal, bool greater) {
  switch (predicate) {
  case Comparison::eq:
    return equal;
  case Comparison::ne:
    return !equal;
  case Comparison::lt:
    return less;
  case Comparison::le:
    return less || equal;
  case Comparison::gt:
    return greater;
  case Comparison::ge:
    return greater || equal;
  }
  llvm_unreachable("all predicates are handled");
}

FailureOr<HostTensor> CompareOp::evaluate(ArrayRef<HostTensor> operands,
                                          const Evaluation &evaluation) {
  const HostTensor &lhs = operands[0], &rhs = operands[1];
  Type type = lhs.getElementType();
  return evaluateEach(*this, operands, evaluation,
                      [&](HostTensor &result, ArrayRef<int64_t> at) {
                        bool held;
                        if (lhs.isFloat()) {
                          double x = lhs.floats()[at[1]],
                                 y = rhs.floats()[at[2]];
                          held = holds(getPredicate(), x<y, x == y, x> y);
                        } else {
                          int64_t x = lhs.integers()[at[1]],
                                  y = rhs.integers()[at[2]];
                          held = holds(getPredicate(), integerLess(x, y, type),
                                       x == y, integerLess(y, x, type));
                        }
                        result.integers()[at[0]] = held;
                      });
}

OpFoldResult CompareOp::fold(FoldAdaptor) { return {}; }

LogicalResult SelectOp::verify() {
  Type lhs = getElementTypeOrSelf(getLhs()),
       rhs = getElementTypeOrSelf(getRhs()),
       result = getElementTypeOrSelf(getType());
  if (lhs != rhs || lhs != result)
    return emitOpError("element types ")
           << lhs << ", " << rhs << " and " << result << " of lhs, rhs and "
           << "result differ";
  return verifyElementwise(*this);
}

FailureOr<HostTensor> SelectOp::evaluate(ArrayRef<HostTensor> operands,
                                         const Evaluation &evaluation) {
  return evaluateEach(*this, operands, evaluation,
                      [&](HostTensor &result, ArrayRef<int64_t> at) {
                        bool first = operands[0].integers()[at[1]];
                        const HostTensor &from = operands[first ? 1 : 2];
                        int64_t position = at[first ? 2 : 3];
                        if (from.isFloat())
                          result.floats()[at[0]] = from.floats()[position];
                        else
                          result.integers()[at[0]] = from.integers()[position];
                      });
}

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  if (getLhs() == getRhs() && getLhs().getType() == getType())
    return getLhs();
  Uniform condition(adaptor.getCondition());
  if (condition.isInteger(1) && getLhs().getType() == getType())
    return getLhs();
  if (condition.isInteger(0) && getRhs().getType() == getType())
    return getRhs();
  return {};
}

FailureOr<HostTensor> CastOp::evaluate(ArrayRef<HostTensor> operands,
                                       const Evaluation &evaluation) {
  const HostTensor &input = operands[0];
  Type from = input.getElementType(), to = getType().getElementType();
  bool toBool = to.isSignlessInteger(1);
  return evaluateEach(*this, operands, evaluation,
                      [&](HostTensor &result, ArrayRef<int64_t> at) {
                        if (input.isFloat()) {
                          double x = input.floats()[at[1]];
                          if (result.isFloat())
                            result.floats()[at[0]] = x;
                          else
                            result.integers()[at[0]] =
                                toBool ? x != 0 : toInteger(x, to);
                        } else {
                          int64_t x = input.integers()[at[1]];
                          if (result.isFloat())
                            result.floats()[at[0]] = toFloat(x, from);
                          else
                            result.integers()[at[0]] =
                                toBool ? x != 0 : wrapInteger(x, to);
                        }
                      });
}

/// Every value of `from` is a value of `to`.
static bool isLossless(Type from, Type to) {
  auto fromFloat = dyn_cast<FloatType>(from), toFloat = dyn_cast<FloatType>(to);
  if (fromFloat && toFloat)
    return fromFloat.getWidth() < toFloat.getWidth() || from == to;
  unsigned fromBits = from.getIntOrFloatBitWidth();
  if (fromFloat)
    return false;
  if (toFloat)
    return fromBits <= unsigned(toFloat.getFPMantissaWidth());
  unsigned toBits = to.getIntOrFloatBitWidth();
  if (isUnsignedElement(from))
    return isUnsignedElement(to) ? fromBits <= toBits : fromBits < toBits;
  return !isUnsignedElement(to) && fromBits <= toBits;
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto inner = getInput().getDefiningOp<CastOp>();
  if (!inner || !isLossless(inner.getInput().getType().getElementType(),
                            inner.getType().getElementType()))
    return {};
  if (inner.getInput().getType() == getType())
    return inner.getInput();
  getInputMutable().assign(inner.getInput());
  return getResult();
}

} // namespace weft
