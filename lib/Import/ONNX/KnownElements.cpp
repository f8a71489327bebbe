//===- KnownElements.cpp - Operators on sizes -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/KnownElements.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

static int64_t getNumElements(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    if (__builtin_mul_overflow(count, size, &count) || count > mostElements)
      return mostElements + 1;
  return count;
}

Tensor *weft::onnx::rearrange(
    Emitter &emit, Tensor *input, llvm::ArrayRef<int64_t> shape,
    llvm::function_ref<int64_t(llvm::ArrayRef<int64_t>)> source) {
  int64_t count = getNumElements(shape);
  if (!input->elements || count > mostElements)
    return nullptr;
  std::vector<SizeExpr> elements;
  SmallVector<int64_t> index(shape.size(), 0);
  for (int64_t i = 0; i != count; ++i) {
    elements.push_back((*input->elements)[source(index)]);
    for (size_t d = shape.size(); d-- != 0;) {
      if (++index[d] != shape[d])
        break;
      index[d] = 0;
    }
  }
  return emit.ofElements(input->elementType, shape, std::move(elements));
}

Tensor *weft::onnx::reshapeElements(Emitter &emit, Tensor *input,
                                    const Sizes &sizes) {
  if (!input->elements)
    return nullptr;
  SmallVector<int64_t> shape;
  for (const SizeExpr &size : sizes) {
    if (!size.asConstant())
      return nullptr;
    shape.push_back(*size.asConstant());
  }
  if (getNumElements(shape) != int64_t(input->elements->size()))
    return nullptr;
  return emit.ofElements(input->elementType, shape, *input->elements);
}

/// What becomes of the elements at one place, or nothing when it is not known.
using Function = std::optional<SizeExpr> (*)(const SizeReasoner &,
                                             llvm::ArrayRef<SizeExpr>);

/// Applies `function` to all inputs. The result has `elementType`, or that of
/// the last input.
static Tensor *evaluate(Node &node, Function function, Type elementType = {}) {
  for (Tensor *input : node.getInputs())
    if (!input || !input->elements)
      return nullptr;
  std::optional<Sizes> sizes = node.emit.broadcast(node.getInputs());
  if (!sizes)
    return nullptr;
  SmallVector<int64_t> shape;
  for (const SizeExpr &size : *sizes)
    shape.push_back(*size.asConstant());
  int64_t count = getNumElements(shape);
  if (count > mostElements)
    return nullptr;

  // Each input under the common shape.
  SmallVector<std::vector<SizeExpr>> columns;
  for (Tensor *input : node.getInputs()) {
    SmallVector<int64_t> own = *input->getStaticShape();
    size_t lead = shape.size() - own.size();
    Tensor *whole =
        rearrange(node.emit, input, shape, [&](llvm::ArrayRef<int64_t> index) {
          int64_t place = 0;
          for (size_t d = 0; d != own.size(); ++d)
            place = place * own[d] + (own[d] == 1 ? 0 : index[lead + d]);
          return place;
        });
    if (!whole)
      return nullptr;
    columns.push_back(*whole->elements);
  }
  std::vector<SizeExpr> elements;
  for (int64_t i = 0; i != count; ++i) {
    SmallVector<SizeExpr> row;
    for (const std::vector<SizeExpr> &column : columns)
      row.push_back(column[i]);
    std::optional<SizeExpr> element = function(node.emit.reasoner, row);
    // What wraps, or is no size any more, is computed as data.
    if (!element || !node.emit.reasoner.isReasonable(*element))
      return nullptr;
    elements.push_back(std::move(*element));
  }
  if (!elementType)
    elementType = node.getInputs().back()->elementType;
  return node.emit.ofElements(elementType, shape, std::move(elements));
}

/// The same for numbers; int32 could wrap, so that it must not grow.
static Tensor *evaluateArithmetic(Node &node, Function function) {
  Tensor *result = evaluate(node, function);
  if (result && !result->elementType.isInteger(64)) {
    if (!result->elementType.isInteger(32))
      return nullptr;
    for (const SizeExpr &element : *result->elements) {
      SizeFacts facts = node.emit.reasoner.of(element);
      if (facts.minimum < INT32_MIN || facts.maximum > INT32_MAX)
        return nullptr;
    }
  }
  return result;
}

static Tensor *evaluateBool(Node &node, Function function) {
  return evaluate(node, function, node.emit.getBuilder().getI1Type());
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

Tensor *weft::onnx::evaluateAdd(Node &node) {
  return evaluateArithmetic(
      node, [](const SizeReasoner &, llvm::ArrayRef<SizeExpr> x) {
        return std::optional(x[0] + x[1]);
      });
}

Tensor *weft::onnx::evaluateSub(Node &node) {
  return evaluateArithmetic(
      node, [](const SizeReasoner &, llvm::ArrayRef<SizeExpr> x) {
        return std::optional(x[0] - x[1]);
      });
}

Tensor *weft::onnx::evaluateMul(Node &node) {
  return evaluateArithmetic(
      node, [](const SizeReasoner &, llvm::ArrayRef<SizeExpr> x) {
        return std::optional(x[0] * x[1]);
      });
}

Tensor *weft::onnx::evaluateNeg(Node &node) {
  return evaluateArithmetic(
      node, [](const SizeReasoner &, llvm::ArrayRef<SizeExpr> x) {
        return std::optional(SizeExpr(0) - x[0]);
      });
}

Tensor *weft::onnx::evaluateAbs(Node &node) {
  return evaluateArithmetic(
      node, [](const SizeReasoner &reasoner, llvm::ArrayRef<SizeExpr> x) {
        return std::optional(reasoner.maxOf(x[0], SizeExpr(0) - x[0]));
      });
}

/// x / y of ONNX rounds towards zero and that of sizes down, which is the same
/// where x is not negative.
static bool roundsDown(const SizeReasoner &reasoner, const SizeExpr &x,
                       const SizeExpr &y) {
  return reasoner.isAtMost(0, x) && reasoner.isAtMost(1, y);
}

Tensor *weft::onnx::evaluateDiv(Node &node) {
  return evaluateArithmetic(
      node, [](const SizeReasoner &reasoner, llvm::ArrayRef<SizeExpr> x) {
        return roundsDown(reasoner, x[0], x[1])
                   ? std::optional(floorDiv(x[0], x[1]))
                   : std::nullopt;
      });
}

Tensor *weft::onnx::evaluateMod(Node &node) {
  return evaluateArithmetic(
      node, [](const SizeReasoner &reasoner, llvm::ArrayRef<SizeExpr> x) {
        return roundsDown(reasoner, x[0], x[1]) ? std::optional(mod(x[0], x[1]))
                                                : std::nullopt;
      });
}

Tensor *weft::onnx::evaluateMin(Node &node) {
  return evaluateArithmetic(
      node, [](const SizeReasoner &reasoner, llvm::ArrayRef<SizeExpr> x) {
        SizeExpr least = x[0];
        for (const SizeExpr &other : x.drop_front())
          least = reasoner.minOf(least, other);
        return std::optional(least);
      });
}

Tensor *weft::onnx::evaluateMax(Node &node) {
  return evaluateArithmetic(
      node, [](const SizeReasoner &reasoner, llvm::ArrayRef<SizeExpr> x) {
        SizeExpr greatest = x[0];
        for (const SizeExpr &other : x.drop_front())
          greatest = reasoner.maxOf(greatest, other);
        return std::optional(greatest);
      });
}

Tensor *weft::onnx::evaluateCast(Node &node) {
  Tensor *input = node.getInput(0);
  Type type = node.hasInput(1) ? node.getInput(1)->elementType
                               : node.getElementType("to");
  if (!type || !input->elements)
    return nullptr;
  SmallVector<int64_t> shape = *input->getStaticShape();
  if (type.isInteger(64) || type == input->elementType)
    return node.emit.ofElements(type, shape, *input->elements);
  if (!type.isInteger(1) && !type.isInteger(32))
    return nullptr;
  std::vector<SizeExpr> elements;
  for (const SizeExpr &element : *input->elements) {
    SizeFacts facts = node.emit.reasoner.of(element);
    if (type.isInteger(32)) {
      if (facts.minimum < INT32_MIN || facts.maximum > INT32_MAX)
        return nullptr;
      elements.push_back(element);
      continue;
    }
    bool isZero = facts.minimum == 0 && facts.maximum == 0;
    if (!isZero && facts.minimum <= 0 && facts.maximum >= 0)
      return nullptr;
    elements.push_back(isZero ? 0 : 1);
  }
  return node.emit.ofElements(type, shape, std::move(elements));
}

//===----------------------------------------------------------------------===//
// Truth
//===----------------------------------------------------------------------===//

/// x < y, where ranges decide.
static std::optional<SizeExpr> less(const SizeReasoner &reasoner,
                                    const SizeExpr &x, const SizeExpr &y) {
  if (reasoner.isLess(x, y))
    return SizeExpr(1);
  if (reasoner.isAtMost(y, x))
    return SizeExpr(0);
  return std::nullopt;
}

static std::optional<SizeExpr> negate(std::optional<SizeExpr> truth) {
  return truth ? std::optional(SizeExpr(1) - *truth) : std::nullopt;
}

Tensor *weft::onnx::evaluateLess(Node &node) {
  return evaluateBool(
      node, [](const SizeReasoner &reasoner, llvm::ArrayRef<SizeExpr> x) {
        return less(reasoner, x[0], x[1]);
      });
}

Tensor *weft::onnx::evaluateGreater(Node &node) {
  return evaluateBool(
      node, [](const SizeReasoner &reasoner, llvm::ArrayRef<SizeExpr> x) {
        return less(reasoner, x[1], x[0]);
      });
}

Tensor *weft::onnx::evaluateLessOrEqual(Node &node) {
  return evaluateBool(
      node, [](const SizeReasoner &reasoner, llvm::ArrayRef<SizeExpr> x) {
        return negate(less(reasoner, x[1], x[0]));
      });
}

Tensor *weft::onnx::evaluateGreaterOrEqual(Node &node) {
  return evaluateBool(
      node, [](const SizeReasoner &reasoner, llvm::ArrayRef<SizeExpr> x) {
        return negate(less(reasoner, x[0], x[1]));
      });
}

Tensor *weft::onnx::evaluateEqual(Node &node) {
  return evaluateBool(
      node,
      [](const SizeReasoner &reasoner,
         llvm::ArrayRef<SizeExpr> x) -> std::optional<SizeExpr> {
        if (x[0] == x[1])
          return SizeExpr(1);
        if (reasoner.isLess(x[0], x[1]) || reasoner.isLess(x[1], x[0]))
          return SizeExpr(0);
        return std::nullopt;
      });
}

Tensor *weft::onnx::evaluateNot(Node &node) {
  return evaluateBool(node,
                      [](const SizeReasoner &, llvm::ArrayRef<SizeExpr> x) {
                        return negate(x[0]);
                      });
}

Tensor *weft::onnx::evaluateAnd(Node &node) {
  return evaluateBool(node,
                      [](const SizeReasoner &, llvm::ArrayRef<SizeExpr> x) {
                        return std::optional(x[0] * x[1]);
                      });
}

Tensor *weft::onnx::evaluateOr(Node &node) {
  return evaluateBool(
      node, [](const SizeReasoner &reasoner, llvm::ArrayRef<SizeExpr> x) {
        return std::optional(reasoner.maxOf(x[0], x[1]));
      });
}

Tensor *weft::onnx::evaluateWhere(Node &node) {
  return evaluate(node,
                  [](const SizeReasoner &,
                     llvm::ArrayRef<SizeExpr> x) -> std::optional<SizeExpr> {
                    std::optional<int64_t> condition = x[0].asConstant();
                    if (!condition)
                      return x[1] == x[2] ? std::optional(x[1]) : std::nullopt;
                    return *condition ? x[1] : x[2];
                  });
}
