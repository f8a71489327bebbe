//===- Elementwise.cpp - Operators on each element ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/KnownElements.h"
#include "lib/Import/ONNX/Operators.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

template <typename Op> static Tensor *importUnary(Node &node) {
  Tensor *input = node.getInput(0);
  // The dialect's functions of real numbers take floats only.
  constexpr bool takesAll =
      llvm::is_one_of<Op, AbsOp, NegOp, SignOp, ReluOp>::value;
  if (!takesAll && !isa<FloatType>(input->elementType))
    return node.emit.unsupported("integer elements are not supported here");
  return node.emit.unary<Op>(input);
}

template <typename Op> static Tensor *importBinary(Node &node) {
  return node.emit.binary<Op>(node.getInput(0), node.getInput(1));
}

/// Max and Min take any number of operands.
template <typename Op> static Tensor *importVariadic(Node &node) {
  Tensor *result = node.getInput(0);
  for (Tensor *input : node.getInputs().drop_front()) {
    if (!input)
      return node.emit.invalid("an operand is missing");
    result = node.emit.binary<Op>(result, input);
  }
  return result;
}

template <Comparison predicate> static Tensor *importCompare(Node &node) {
  return node.emit.compare(predicate, node.getInput(0), node.getInput(1));
}

static Tensor *importNot(Node &node) {
  if (!node.getInput(0)->elementType.isInteger(1))
    return node.emit.invalid("the operand is not BOOL");
  return node.emit.unary<NotOp>(node.getInput(0));
}

template <typename Op> static Tensor *importLogical(Node &node) {
  for (Tensor *input : node.getInputs())
    if (!input->elementType.isInteger(1))
      return node.emit.invalid("an operand is not BOOL");
  return importBinary<Op>(node);
}

template <typename Op> static Tensor *importBitwise(Node &node) {
  for (Tensor *input : node.getInputs())
    if (!isa<IntegerType>(input->elementType))
      return node.emit.invalid("an operand has no integers");
  return importBinary<Op>(node);
}

static Tensor *importPow(Node &node) {
  Tensor *base = node.getInput(0);
  if (!isa<FloatType>(base->elementType))
    return node.emit.unsupported("powers of integers are not supported");
  Tensor *exponent = node.emit.cast(node.getInput(1), base->elementType);
  return node.emit.binary<PowOp>(base, exponent);
}

static Tensor *importMod(Node &node) {
  std::optional<int64_t> truncates = node.getInteger("fmod", 0);
  if (!truncates)
    return nullptr;
  Tensor *lhs = node.getInput(0), *rhs = node.getInput(1);
  if (!*truncates)
    return node.emit.binary<ModOp>(lhs, rhs);
  // C's fmod has the dividend's sign: sign(x) * mod(|x|, |y|).
  Emitter &emit = node.emit;
  return emit.binary<MulOp>(
      emit.unary<SignOp>(lhs),
      emit.binary<ModOp>(emit.unary<AbsOp>(lhs), emit.unary<AbsOp>(rhs)));
}

static Tensor *importWhere(Node &node) {
  return node.emit.select(node.getInput(0), node.getInput(1), node.getInput(2));
}

static Tensor *importCast(Node &node) {
  Type type = node.getElementType("to");
  return type ? node.emit.cast(node.getInput(0), type) : nullptr;
}

static Tensor *importCastLike(Node &node) {
  return node.emit.cast(node.getInput(0), node.getInput(1)->elementType);
}

static Tensor *importIdentity(Node &node) { return node.getInput(0); }

static Tensor *importDropout(Node &node) {
  // Training is input 2 of newer versions.
  if (node.hasInput(2)) {
    std::optional<SmallVector<int64_t>> training = node.getIntegers(2);
    if (!training)
      return nullptr;
    if (training->size() != 1 || training->front() != 0)
      return node.emit.unsupported("training is not supported; export the "
                                   "model in evaluation mode");
  }
  return node.getInput(0);
}

static Tensor *importClip(Node &node) {
  Tensor *input = node.getInput(0);
  if (node.hasInput(1))
    input = node.emit.binary<MaxOp>(input, node.getInput(1));
  if (node.hasInput(2))
    input = node.emit.binary<MinOp>(input, node.getInput(2));
  return input;
}

static Tensor *importIsNaN(Node &node) {
  return node.emit.compare(Comparison::ne, node.getInput(0), node.getInput(0));
}

static Tensor *importGelu(Node &node) {
  std::optional<std::string> form = node.getText("approximate", "none");
  if (!form)
    return nullptr;
  std::optional<GeluApproximation> approximation =
      symbolizeGeluApproximation(*form);
  if (!approximation)
    return node.emit.invalid("attribute \"approximate\" is neither \"none\" "
                             "nor \"tanh\"");
  return node.emit.gelu(node.getInput(0), *approximation);
}

/// alpha * x where x < 0.
static Tensor *importLeakyRelu(Node &node) {
  std::optional<float> alpha = node.getFloat("alpha", 0.01f);
  if (!alpha)
    return nullptr;
  Emitter &emit = node.emit;
  Tensor *input = node.getInput(0);
  Tensor *zero = emit.scalar(input->elementType, 0);
  Tensor *slope = emit.scalar(input->elementType, *alpha);
  return emit.select(emit.compare(Comparison::lt, input, zero),
                     emit.binary<MulOp>(input, slope), input);
}

llvm::ArrayRef<Operator> weft::onnx::getElementwiseOperators() {
  static const Operator operators[] = {
      {"Abs", 6, newestOpset, 1, 1, importUnary<AbsOp>, evaluateAbs},
      {"Add", 7, newestOpset, 2, 2, importBinary<AddOp>, evaluateAdd},
      {"And", 7, newestOpset, 2, 2, importLogical<AndOp>, evaluateAnd},
      {"BitwiseAnd", 18, newestOpset, 2, 2, importBitwise<AndOp>},
      {"BitwiseOr", 18, newestOpset, 2, 2, importBitwise<OrOp>},
      {"BitwiseXor", 18, newestOpset, 2, 2, importBitwise<XorOp>},
      {"Cast", 6, newestOpset, 1, 1, importCast, evaluateCast},
      {"CastLike", 15, newestOpset, 2, 2, importCastLike, evaluateCast},
      {"Ceil", 6, newestOpset, 1, 1, importUnary<CeilOp>},
      {"Clip", 11, newestOpset, 1, 3, importClip},
      {"Cos", 7, newestOpset, 1, 1, importUnary<CosOp>},
      {"Div", 7, newestOpset, 2, 2, importBinary<DivOp>, evaluateDiv},
      {"Dropout", 7, newestOpset, 1, 3, importDropout},
      {"Equal", 7, newestOpset, 2, 2, importCompare<Comparison::eq>,
       evaluateEqual},
      {"Erf", 9, newestOpset, 1, 1, importUnary<ErfOp>},
      {"Exp", 6, newestOpset, 1, 1, importUnary<ExpOp>},
      {"Floor", 6, newestOpset, 1, 1, importUnary<FloorOp>},
      {"Gelu", 20, newestOpset, 1, 1, importGelu},
      {"Greater", 7, newestOpset, 2, 2, importCompare<Comparison::gt>,
       evaluateGreater},
      {"GreaterOrEqual", 12, newestOpset, 2, 2, importCompare<Comparison::ge>,
       evaluateGreaterOrEqual},
      {"Identity", 1, newestOpset, 1, 1, importIdentity},
      {"IsNaN", 9, newestOpset, 1, 1, importIsNaN},
      {"LeakyRelu", 6, newestOpset, 1, 1, importLeakyRelu},
      {"Less", 7, newestOpset, 2, 2, importCompare<Comparison::lt>,
       evaluateLess},
      {"LessOrEqual", 12, newestOpset, 2, 2, importCompare<Comparison::le>,
       evaluateLessOrEqual},
      {"Log", 6, newestOpset, 1, 1, importUnary<LogOp>},
      {"Max", 8, newestOpset, 1, anyNumber, importVariadic<MaxOp>, evaluateMax},
      {"Min", 8, newestOpset, 1, anyNumber, importVariadic<MinOp>, evaluateMin},
      {"Mod", 10, newestOpset, 2, 2, importMod, evaluateMod},
      {"Mul", 7, newestOpset, 2, 2, importBinary<MulOp>, evaluateMul},
      {"Neg", 6, newestOpset, 1, 1, importUnary<NegOp>, evaluateNeg},
      {"Not", 1, newestOpset, 1, 1, importNot, evaluateNot},
      {"Or", 7, newestOpset, 2, 2, importLogical<OrOp>, evaluateOr},
      {"Pow", 7, newestOpset, 2, 2, importPow},
      {"Reciprocal", 6, newestOpset, 1, 1, importUnary<ReciprocalOp>},
      {"Relu", 6, newestOpset, 1, 1, importUnary<ReluOp>},
      {"Round", 11, newestOpset, 1, 1, importUnary<RoundOp>},
      {"Sigmoid", 6, newestOpset, 1, 1, importUnary<SigmoidOp>},
      {"Sign", 9, newestOpset, 1, 1, importUnary<SignOp>},
      {"Sin", 7, newestOpset, 1, 1, importUnary<SinOp>},
      {"Sqrt", 6, newestOpset, 1, 1, importUnary<SqrtOp>},
      {"Sub", 7, newestOpset, 2, 2, importBinary<SubOp>, evaluateSub},
      {"Tanh", 6, newestOpset, 1, 1, importUnary<TanhOp>},
      {"Where", 9, newestOpset, 3, 3, importWhere, evaluateWhere},
      {"Xor", 7, newestOpset, 2, 2, importLogical<XorOp>},
  };
  return operators;
}
